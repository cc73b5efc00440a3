package coppice.cli;

import coppice.backend.Totals;
import coppice.train.RegressionMetrics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code evaluate} found out about a model that predicts numbers.
 *
 * @param model the model
 * @param totals the loss
 * @param metrics the measures in the numbers' unit
 */
record RegressionEvaluation(ModelFile model, Totals totals, RegressionMetrics metrics) implements Evaluation {
    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("loss", totals.meanLoss());
        json.put("rmse", metrics.rootMeanSquaredError());
        json.put("mae", metrics.meanAbsoluteError());
        json.put("r2", metrics.r2());
        json.put("samples", totals.samples());
        json.put("checkpoint", model.path().toString());
        return json;
    }

    @Override
    public List<String> lines() {
        return List.of(String.format(
                Locale.ROOT,
                "loss %.6f  rmse %.6g  mae %.6g  r2 %.4f  samples %d",
                totals.meanLoss(),
                metrics.rootMeanSquaredError(),
                metrics.meanAbsoluteError(),
                metrics.r2(),
                totals.samples()));
    }
}
