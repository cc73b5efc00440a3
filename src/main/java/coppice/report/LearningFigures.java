package coppice.report;

import coppice.train.EpochMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** How a run learned, epoch by epoch, and what it cost. */
final class LearningFigures {
    private final List<EpochMetrics> epochs;
    private final boolean machine;
    private final double[] numbers; // of the epochs
    private final Axis axis;

    LearningFigures(Run run) {
        this.epochs = run.epochs();
        this.machine = run.isMachine();
        this.numbers = values(EpochMetrics::epoch);
        this.axis = Axis.whole("epoch", new Range().add(numbers));
    }

    private double[] values(ToDoubleFunction<EpochMetrics> value) {
        return epochs.stream().mapToDouble(value).toArray();
    }

    private static double of(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }

    private static boolean any(double[] values) {
        for (double value : values) {
            if (Double.isFinite(value)) {
                return true;
            }
        }
        return false;
    }

    void writeLearning(Markup page) {
        double[] trainLoss = values(EpochMetrics::trainLoss);
        double[] testLoss = values(epoch -> of(epoch.testLoss()));
        String loss = machine ? "squared error a visible unit" : "loss";
        curves(
                machine ? "Reconstruction error" : "Loss",
                machine
                        ? "Of visible units given hidden states drawn from the data."
                        : "Training loss is the mean over the epoch, dropout included.",
                loss,
                trainLoss,
                values(epoch -> of(epoch.validationLoss())),
                testLoss,
                page);
        double[] trainAccuracy = values(epoch -> of(epoch.trainAccuracy()));
        double[] testAccuracy = values(epoch -> of(epoch.testAccuracy()));
        if (any(trainAccuracy)) {
            curves(
                    "Accuracy",
                    "Share of samples whose class is found.",
                    "accuracy",
                    trainAccuracy,
                    values(epoch -> of(epoch.validationAccuracy())),
                    testAccuracy,
                    page);
        }
        boolean accurate = any(trainAccuracy);
        double[] gap = new double[numbers.length];
        for (int i = 0; i < gap.length; i++) {
            gap[i] = accurate ? trainAccuracy[i] - testAccuracy[i] : testLoss[i] - trainLoss[i];
        }
        if (any(gap)) {
            Axis y = Axis.linear(
                    accurate ? "training − test accuracy" : "test − training loss",
                    new Range().add(gap).add(0));
            new Chart(
                            "Gap between training and test",
                            "Above 0 the samples learned from fare better: a rising gap is overfitting.",
                            axis,
                            y)
                    .dashes(null, Chart.NEUTRAL, new Curve(new double[] {axis.low(), axis.high()}, new double[2]))
                    .line(null, 0, new Curve(numbers, gap))
                    .write(page);
        }
    }

    private void curves(
            String title,
            String caption,
            String label,
            double[] train,
            double[] validation,
            double[] test,
            Markup page) {
        Chart chart = new Chart(
                title,
                caption,
                axis,
                Axis.linear(label, new Range().add(train).add(validation).add(test)));
        chart.line("training", 0, new Curve(numbers, train));
        if (any(validation)) {
            chart.line("validation", 2, new Curve(numbers, validation));
        }
        if (any(test)) {
            chart.line("test", 1, new Curve(numbers, test));
        }
        chart.write(page);
    }

    void writeConnections(Markup page) {
        int layers = epochs.get(0).layerConnections().size();
        Range range = new Range().add(0);
        for (EpochMetrics epoch : epochs) {
            epoch.layerConnections().forEach(range::add);
        }
        Chart chart = new Chart(
                "Connections",
                "Stored weights of each layer after an epoch; after the last one connections are cut only.",
                axis,
                Axis.linear("connections", range));
        Map<List<Double>, List<String>> sameLayers = new LinkedHashMap<>(); // curves that lie on each other
        for (int layer = 0; layer < layers; layer++) {
            int n = layer;
            List<Double> counts = epochs.stream()
                    .map(epoch -> n < epoch.layerConnections().size()
                            ? (double) epoch.layerConnections().get(n)
                            : Double.NaN)
                    .toList();
            sameLayers.computeIfAbsent(counts, key -> new ArrayList<>()).add(Integer.toString(n));
        }
        int colour = 0;
        for (Map.Entry<List<Double>, List<String>> same : sameLayers.entrySet()) {
            String name = (same.getValue().size() == 1 ? "layer " : "layers ") + String.join(", ", same.getValue());
            double[] counts =
                    same.getKey().stream().mapToDouble(Double::doubleValue).toArray();
            chart.line(name, Math.min(colour++, Chart.NEUTRAL), new Curve(numbers, counts));
        }
        chart.write(page);
        double[] explored = values(EpochMetrics::connectionsExplored);
        double[] stored = values(EpochMetrics::connections);
        new Chart(
                        "Connections explored",
                        "Connections that have existed so far, one that grew again counted again, beside those there"
                                + " are.",
                        axis,
                        Axis.linear("connections", new Range().add(explored).add(0)))
                .line("explored so far", 0, new Curve(numbers, explored))
                .line("stored", 1, new Curve(numbers, stored))
                .write(page);
    }

    void writeTime(Markup page) {
        double[][] parts = {
            values(epoch -> epoch.seconds().forward()),
            values(epoch -> epoch.seconds().backward()),
            values(epoch -> epoch.seconds().update()),
            values(epoch -> epoch.seconds().input()),
            values(epoch -> Math.max(
                    0,
                    epoch.seconds().train()
                            - epoch.seconds().forward()
                            - epoch.seconds().backward()
                            - epoch.seconds().update()
                            - epoch.seconds().input())),
            values(epoch -> epoch.seconds().evolution()),
            values(epoch -> epoch.seconds().evaluation())
        };
        String[] names = {"forward", "backward", "update", "input", "other training", "evolution", "evaluation"};
        int[] colours = {0, 1, 2, 3, Chart.NEUTRAL, 4, 5};
        double all = 0;
        double[] top = new double[numbers.length];
        for (double[] part : parts) {
            for (int i = 0; i < top.length; i++) {
                top[i] += part[i];
                all += part[i];
            }
        }
        Chart chart = new Chart(
                "Time",
                "Seconds of each epoch by what they went into; in brackets the share of all of them.",
                axis,
                Axis.linear("seconds", new Range().add(top).add(0)));
        double[] low = new double[numbers.length];
        for (int part = 0; part < parts.length; part++) {
            double sum = 0;
            double[] high = low.clone();
            for (int i = 0; i < high.length; i++) {
                high[i] += parts[part][i];
                sum += parts[part][i];
            }
            if (sum >= 0.0005 * all) {
                chart.area(
                        names[part] + " (" + Figure.percent(sum / all, 1) + ")",
                        colours[part],
                        wide(high),
                        wide(low).ys());
            }
            low = high;
        }
        chart.write(page);
    }

    /** Areas of a single epoch would have no width. */
    private Curve wide(double[] values) {
        return values.length == 1
                ? new Curve(new double[] {axis.low(), axis.high()}, new double[] {values[0], values[0]})
                : new Curve(numbers, values);
    }
}
