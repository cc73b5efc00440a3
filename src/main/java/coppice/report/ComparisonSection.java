package coppice.report;

import coppice.train.EpochMetrics;
import coppice.train.TrainResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Groups of runs side by side: a table, and curves with confidence bands over the seeds. */
final class ComparisonSection {
    private final Comparison comparison;
    private final Map<Group, Integer> colours = new HashMap<>();

    ComparisonSection(Comparison comparison) {
        this.comparison = comparison;
        List<Group> best = comparison.groups().stream()
                .sorted(Comparator.comparingDouble(ComparisonSection::shortfall))
                .limit(Chart.COLOURS)
                .toList();
        int colour = 0;
        for (Group group : comparison.groups()) {
            colours.put(group, best.contains(group) ? colour++ : Chart.NEUTRAL);
        }
    }

    /** What groups are ordered by: accuracy downwards, then loss upwards, then those that have neither. */
    private static double shortfall(Group group) {
        Statistic accuracy = group.statistic(run -> result(run).bestTestAccuracy());
        Statistic loss = group.statistic(run -> result(run).testLoss());
        return accuracy != null ? -accuracy.mean() : loss != null ? loss.mean() : Double.POSITIVE_INFINITY;
    }

    private int colour(Group group) {
        return Objects.requireNonNull(colours.get(group));
    }

    private static TrainResult result(Run run) {
        return Objects.requireNonNull(run.result());
    }

    void write(Markup page) {
        page.open("section").element("h2", "Comparison");
        page.element(
                "p",
                "Runs whose settings differ in the seed alone form a group. Numbers are means over the runs of a group"
                        + " that came to their end, ± one standard deviation.");
        writeGroups(page);
        page.open("div", "class", "grid");
        curves("Test accuracy", "accuracy", EpochMetrics::testAccuracy, page);
        curves("Test loss", "loss", EpochMetrics::testLoss, page);
        curves("Training loss", "loss", EpochMetrics::trainLoss, page);
        curves("Connections explored", "connections", epoch -> (double) epoch.connectionsExplored(), page);
        writeTradeOff(page);
        page.closeLine();
        writeRuns(page);
        page.closeLine();
    }

    private void writeGroups(Markup page) {
        page.open("div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label", "Groups of runs");
        page.open("table").open("tr").element("th", "");
        comparison.varied().forEach(name -> page.element("th", name));
        for (String head : List.of(
                "finished",
                "test accuracy",
                "best test accuracy",
                "best epoch",
                "test loss",
                "connections",
                "parameters",
                "training an epoch")) {
            page.element("th", head, "class", "number");
        }
        page.close();
        for (Group group : comparison.groups()) {
            page.open("tr");
            int colour = colour(group);
            page.open("td").open("svg", "viewBox", "0 0 24 10", "class", "swatch", "aria-hidden", "true");
            page.empty("path", "d", "M1 5H23", "class", "line s" + colour)
                    .close()
                    .close();
            comparison
                    .varied()
                    .forEach(name -> page.element("td", group.settings().getOrDefault(name, "–")));
            number(page, group.finished().size() + " of " + group.runs().size());
            number(page, percent(group.statistic(run -> result(run).testAccuracy())));
            number(page, percent(group.statistic(run -> result(run).bestTestAccuracy())));
            number(page, figure(group.statistic(run -> result(run).bestEpoch())));
            number(page, figure(group.statistic(run -> result(run).testLoss())));
            number(page, count(group.statistic(run -> result(run).connections())));
            number(page, count(group.statistic(run -> result(run).parameters())));
            Statistic seconds = group.statistic(run -> run.epochs().stream()
                    .mapToDouble(epoch -> epoch.seconds().train())
                    .average()
                    .orElse(Double.NaN));
            number(page, seconds == null ? "–" : Figure.seconds(seconds.mean()));
            page.closeLine();
        }
        page.close().closeLine();
    }

    private static void number(Markup page, String text) {
        page.element("td", text, "class", "number");
    }

    private static String percent(@Nullable Statistic statistic) {
        if (statistic == null) {
            return "–";
        }
        Double deviation = statistic.deviation();
        return deviation == null
                ? Figure.percent(statistic.mean(), 2)
                : Figure.percent(statistic.mean(), 2).replace(" %", "") + " ± " + Figure.percent(deviation, 2);
    }

    private static String figure(@Nullable Statistic statistic) {
        if (statistic == null) {
            return "–";
        }
        Double deviation = statistic.deviation();
        return deviation == null ? Figure.of(statistic.mean(), 4) : Figure.plusMinus(statistic.mean(), deviation);
    }

    private static String count(@Nullable Statistic statistic) {
        return statistic == null ? "–" : Figure.count(Math.round(statistic.mean()));
    }

    private String name(Group group) {
        String label = comparison.label(group);
        return label.isEmpty() ? "mean of " + drawn(group).size() + " runs" : label;
    }

    /** The runs whose curves are averaged: those that came to their end, or all where none did. */
    private static List<Run> drawn(Group group) {
        List<Run> finished = group.finished();
        return (finished.isEmpty() ? group.runs() : finished)
                .stream().filter(run -> !run.epochs().isEmpty()).toList();
    }

    private void curves(String title, String label, Function<EpochMetrics, @Nullable Double> value, Markup page) {
        Range epochs = new Range();
        Range range = new Range();
        Map<Group, Band> bands = new HashMap<>();
        for (Group group : comparison.groups()) {
            Band band = Band.of(drawn(group), value);
            if (band.numbers().length > 0) {
                bands.put(group, band);
                epochs.add(band.numbers());
                range.add(band.least()).add(band.greatest());
            }
        }
        if (bands.isEmpty()) {
            return;
        }
        boolean many = bands.keySet().stream().anyMatch(group -> drawn(group).size() > 1);
        long grey = colours.values().stream()
                .filter(colour -> colour == Chart.NEUTRAL)
                .count();
        String caption = (many
                        ? "Means over the seeds, as far as all of them went, with the 95 % confidence band of"
                                + " the mean (Student's t)."
                        : "")
                + (grey > 0 ? " The " + Chart.COLOURS + " best groups are in colour, " + grey + " more in grey." : "");
        Chart chart = new Chart(title, caption.strip(), Axis.whole("epoch", epochs), Axis.linear(label, range));
        for (Group group : comparison.groups()) {
            Band band = bands.get(group);
            int colour = colour(group);
            if (band != null) {
                if (drawn(group).size() > 1 && colour != Chart.NEUTRAL) {
                    chart.band(colour, new Curve(band.numbers(), band.high()), band.low());
                }
                chart.line(
                        colour == Chart.NEUTRAL ? null : name(group), colour, new Curve(band.numbers(), band.mean()));
            }
        }
        chart.write(page);
    }

    /** Accuracy beside size, where sizes differ. */
    private void writeTradeOff(Markup page) {
        List<double[]> points = new ArrayList<>();
        Range sizes = new Range();
        Range accuracies = new Range();
        for (Group group : comparison.groups()) {
            Statistic size = group.statistic(run -> result(run).connections());
            Statistic accuracy = group.statistic(run -> result(run).bestTestAccuracy());
            if (size != null && accuracy != null && size.mean() > 0) {
                points.add(new double[] {size.mean(), accuracy.mean(), colour(group)});
                sizes.add(size.mean());
                accuracies.add(accuracy.mean());
            }
        }
        if (points.size() < 2 || sizes.high() < 1.02 * sizes.low()) {
            return;
        }
        Chart chart = new Chart(
                "Accuracy and size",
                "Best test accuracy of each group over the connections it ended with.",
                Axis.logarithmic("connections", sizes),
                Axis.linear("accuracy", accuracies));
        for (double[] point : points) {
            chart.dots(null, (int) point[2], new Curve(new double[] {point[0]}, new double[] {point[1]}));
        }
        chart.write(page);
    }

    private void writeRuns(Markup page) {
        page.open("details").element("summary", "All runs");
        page.open("div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label", "All runs");
        page.open("table").open("tr").element("th", "run");
        comparison.varied().forEach(name -> page.element("th", name));
        for (String head : List.of("seed", "status", "epochs", "test accuracy", "test loss", "connections")) {
            page.element("th", head, "class", head.equals("status") ? "" : "number");
        }
        page.close();
        for (Group group : comparison.groups()) {
            for (Run run : group.runs()) {
                TrainResult result = run.result();
                page.open("tr").element("td", run.path().toString());
                comparison
                        .varied()
                        .forEach(name -> page.element("td", group.settings().getOrDefault(name, "–")));
                number(page, Long.toString(run.seed()));
                page.element("td", run.status());
                number(page, Integer.toString(run.epochsDone()));
                Double accuracy = result == null ? null : result.testAccuracy();
                number(page, accuracy == null ? "–" : Figure.percent(accuracy, 2));
                Double loss = result == null ? null : result.testLoss();
                number(page, loss == null ? "–" : Figure.of(loss, 4));
                number(page, result == null ? "–" : Figure.count(result.connections()));
                page.closeLine();
            }
        }
        page.close().close().closeLine();
    }
}
