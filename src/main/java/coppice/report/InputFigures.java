package coppice.report;

import coppice.model.LayerState;
import coppice.model.Shape;
import coppice.run.Inputs;
import coppice.topology.TopologyMetrics;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Which input neurons the fully connected layers attend to, before and after training. */
final class InputFigures {
    private static final int NAMED = 10; // features in the table

    private final LayerState after;
    private final @Nullable LayerState before;
    private final Inputs inputs;
    private final @Nullable Shape image; // of several pixels

    InputFigures(TrainedNetwork network) {
        int layer = network.spec().chainStart();
        this.after = network.after().get(layer);
        this.before = network.before(layer);
        Inputs known = network.chainInputs();
        Shape image = known.image();
        this.inputs = known;
        this.image = image == null || image.height() * image.width() == 1 ? null : image;
    }

    private static double[] degrees(LayerState layer) {
        return Arrays.stream(TopologyMetrics.outDegrees(layer.outputs(), layer.inputs(), layer.pattern()))
                .asDoubleStream()
                .toArray();
    }

    private static double[] strengths(LayerState layer) {
        return TopologyMetrics.inputStrengths(layer.inputs(), layer.pattern(), layer.weights());
    }

    void write(Markup page) {
        double[] strengths = strengths(after);
        if (image != null) {
            String end = image.channels() > 1 ? ", all channels." : ".";
            if (after.pattern() != null) {
                maps(
                        "Connections of the input neurons",
                        "How many connections come from each pixel" + end,
                        "connections",
                        image,
                        before == null ? null : degrees(before),
                        degrees(after),
                        page);
            }
            maps(
                    "Strength of the input neurons",
                    "Sum of the absolute weights of each pixel's connections" + end,
                    "",
                    image,
                    before == null ? null : strengths(before),
                    strengths,
                    page);
        }
        ranks(strengths, page);
        table(strengths, page);
    }

    private static void maps(
            String title,
            String caption,
            String unit,
            Shape image,
            double @Nullable [] first,
            double[] now,
            Markup page) {
        double[] earlier = first == null ? new double[0] : pixels(first, image);
        double[] later = pixels(now, image);
        Range range = new Range().add(earlier).add(later);
        page.open("figure");
        page.open("figcaption")
                .element("strong", title)
                .text(" ")
                .element("span", caption)
                .close();
        page.open("div", "class", "maps");
        if (first != null) {
            page.open("div").element("p", "before training");
            HeatMap.write(page, title + " before training", earlier, image.height(), image.width(), range);
            page.close();
        }
        page.open("div").element("p", "after training");
        HeatMap.write(page, title + " after training", later, image.height(), image.width(), range);
        page.close().close();
        HeatMap.writeScale(page, unit, range);
        page.closeLine();
    }

    /** The sum over an image's channels. */
    private static double[] pixels(double[] values, Shape image) {
        int pixels = image.height() * image.width();
        double[] sums = new double[pixels];
        for (int i = 0; i < values.length; i++) {
            sums[i % pixels] += values[i];
        }
        return sums;
    }

    private void ranks(double[] strengths, Markup page) {
        Curve now = falling(strengths);
        Curve first = before == null ? new Curve(new double[0], new double[0]) : falling(strengths(before));
        Chart chart = new Chart(
                "Input neurons by strength",
                "Sum of the absolute weights of each input neuron's connections, from the strongest down.",
                Axis.whole("rank", new Range().add(now.xs())),
                Axis.linear(
                        "strength", new Range().add(now.ys()).add(first.ys()).add(0)));
        if (before != null) {
            chart.line("before training", Chart.NEUTRAL, first);
        }
        chart.line("after training", 0, now).write(page);
    }

    private static Curve falling(double[] strengths) {
        double[] sorted = strengths.clone();
        Arrays.sort(sorted);
        double[] xs = new double[sorted.length];
        double[] ys = new double[sorted.length];
        for (int i = 0; i < sorted.length; i++) {
            xs[i] = i + 1;
            ys[i] = sorted[sorted.length - 1 - i];
        }
        return new Curve(xs, ys);
    }

    private void table(double[] strengths, Markup page) {
        List<Integer> strongest = IntStream.range(0, strengths.length)
                .boxed()
                .sorted(Comparator.comparingDouble(feature -> -strengths[feature]))
                .limit(NAMED)
                .toList();
        double[] degrees = degrees(after);
        boolean named = !inputs.names().isEmpty();
        page.open("figure").open("figcaption").element("strong", "The strongest input neurons");
        page.text(" ").element("span", "All but the rank is counted from 0.").close();
        page.open("div", "class", "scroll").open("table").open("tr");
        page.element("th", "rank", "class", "number").element("th", "index", "class", "number");
        if (named) {
            page.element("th", "feature");
        }
        if (image != null) {
            page.element("th", image.channels() > 1 ? "channel, row, column" : "row, column", "class", "number");
        }
        page.element("th", "strength", "class", "number").element("th", "connections", "class", "number");
        page.close();
        for (int rank = 0; rank < strongest.size(); rank++) {
            int feature = strongest.get(rank);
            page.open("tr").element("td", Integer.toString(rank + 1), "class", "number");
            page.element("td", Integer.toString(feature), "class", "number");
            if (named) {
                page.element("td", Objects.requireNonNull(inputs.name(feature)));
            }
            if (image != null) {
                page.element("td", place(feature, image), "class", "number");
            }
            page.element("td", Figure.of(strengths[feature], 4), "class", "number");
            page.element("td", Figure.count((long) degrees[feature]), "class", "number");
            page.close();
        }
        page.close().close().closeLine();
    }

    private static String place(int feature, Shape image) {
        int pixels = image.height() * image.width();
        int pixel = feature % pixels;
        return (image.channels() > 1 ? feature / pixels + ", " : "") + pixel / image.width() + ", "
                + pixel % image.width();
    }
}
