package coppice.cli;

import coppice.backend.Totals;
import coppice.train.ClassificationMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What {@code evaluate} found out about a classifier.
 *
 * @param model the model
 * @param classes its class names
 * @param totals loss and right answers
 * @param metrics the other measures
 */
record ClassEvaluation(ModelFile model, List<String> classes, Totals totals, ClassificationMetrics metrics)
        implements Evaluation {
    /** Most classes whose confusion matrix is printed: more do not fit on a line. */
    private static final int MAX_PRINTED = 20;

    @Override
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("loss", totals.meanLoss());
        json.put("accuracy", totals.accuracy());
        json.put("correct", totals.correct());
        json.put("samples", totals.samples());
        json.put("balanced_accuracy", metrics.balancedAccuracy());
        json.put("macro_f1", metrics.macroF1());
        json.put("auc", metrics.auc());
        List<Map<String, Object>> perClass = new ArrayList<>();
        for (int c = 0; c < classes.size(); c++) {
            ClassificationMetrics.PerClass found = metrics.perClass().get(c);
            Map<String, Object> each = new LinkedHashMap<>();
            each.put("class", classes.get(c));
            each.put("precision", found.precision());
            each.put("recall", found.recall());
            each.put("f1", found.f1());
            each.put("support", found.support());
            perClass.add(each);
        }
        json.put("classes", perClass);
        json.put("confusion", metrics.confusion());
        json.put("checkpoint", model.path().toString());
        return json;
    }

    @Override
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(String.format(
                Locale.ROOT,
                "loss %.4f  accuracy %.4f  samples %d",
                totals.meanLoss(),
                totals.accuracy(),
                totals.samples()));
        lines.add(String.format(
                        Locale.ROOT,
                        "balanced_accuracy %.4f  macro_f1 %.4f",
                        metrics.balancedAccuracy(),
                        metrics.macroF1())
                + (metrics.auc() == null ? "" : String.format(Locale.ROOT, "  auc %.4f", metrics.auc())));
        lines.add("");
        Table table = new Table().row("class", "precision", "recall", "f1", "support", "");
        for (int c = 0; c < classes.size(); c++) {
            ClassificationMetrics.PerClass found = metrics.perClass().get(c);
            table.row(
                    classes.get(c),
                    share(found.precision()),
                    share(found.recall()),
                    share(found.f1()),
                    Integer.toString(found.support()),
                    "");
        }
        lines.addAll(table.lines(1));
        int[][] confusion = metrics.confusion();
        if (confusion != null && classes.size() <= MAX_PRINTED) {
            lines.add("");
            lines.add("samples by class (rows) and predicted class (columns)");
            lines.addAll(table(confusion));
        }
        return lines;
    }

    private List<String> table(int[][] confusion) {
        Table table = new Table();
        List<String> heading = new ArrayList<>(List.of(""));
        heading.addAll(classes);
        heading.add("");
        table.row(heading.toArray(String[]::new));
        for (int c = 0; c < classes.size(); c++) {
            List<String> row = new ArrayList<>(List.of(classes.get(c)));
            IntStream.of(confusion[c]).mapToObj(Integer::toString).forEach(row::add);
            row.add("");
            table.row(row.toArray(String[]::new));
        }
        return table.lines(1);
    }

    private static String share(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
