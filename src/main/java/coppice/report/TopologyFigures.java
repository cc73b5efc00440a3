package coppice.report;

import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.parallel.WorkerPool;
import coppice.topology.PowerLaw;
import coppice.topology.TopologyMetrics;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Degrees and weights of a network before and after training. */
final class TopologyFigures {
    private static final int BINS = 60;
    private static final double OUTSIDE = 0.001; // share of weights left out of a histogram at each end
    private static final int SORTED = 1 << 20; // weights that are looked at to find these shares
    private static final int SHORT_TAIL = 50;

    private final TrainedNetwork network;
    private final int bootstraps;
    private final long seed;
    private final WorkerPool pool;

    TopologyFigures(TrainedNetwork network, int bootstraps, long seed, WorkerPool pool) {
        this.network = network;
        this.bootstraps = bootstraps;
        this.seed = seed;
        this.pool = pool;
    }

    /** Whether there are degrees to draw: those of a dense layer are all the same. */
    boolean hasDegrees() {
        return network.after().stream().anyMatch(layer -> graph(layer) != null);
    }

    /** The connections of neurons; null for a dense layer, and for a convolution, whose filters move. */
    private static @Nullable CsrPattern graph(LayerState layer) {
        return layer.window() == null ? layer.pattern() : null;
    }

    /** Degrees of each sparse fully connected layer, both ways, and of the hidden neurons between two of them. */
    void writeDegrees(Markup page) {
        int layers = network.after().size();
        for (int n = 0; n < layers; n++) {
            LayerState after = network.after().get(n);
            CsrPattern pattern = graph(after);
            if (pattern != null) {
                writeDegrees(n, after, pattern, page);
            }
        }
        for (int n = network.spec().chainStart(); n + 1 < layers; n++) {
            int neurons = network.after().get(n).outputs();
            CsrPattern into = network.after().get(n).pattern();
            CsrPattern from = network.after().get(n + 1).pattern();
            if (into != null && from != null) {
                writeDegrees(
                        "Hidden neurons between layers " + n + " and " + (n + 1),
                        "Connections of each neuron to both sides.",
                        network.before() == null
                                ? null
                                : TopologyMetrics.hiddenDegrees(
                                        neurons, pattern(network.before(n)), pattern(network.before(n + 1))),
                        TopologyMetrics.hiddenDegrees(neurons, into, from),
                        page);
            }
        }
    }

    private void writeDegrees(int layer, LayerState after, CsrPattern pattern, Markup page) {
        CsrPattern first = pattern(network.before(layer));
        writeDegrees(
                "Layer " + layer + ": in-degree",
                "Connections that lead to each of its " + Figure.count(after.outputs()) + " output neurons.",
                first == null ? null : TopologyMetrics.inDegrees(after.outputs(), after.inputs(), first),
                TopologyMetrics.inDegrees(after.outputs(), after.inputs(), pattern),
                page);
        writeDegrees(
                "Layer " + layer + ": out-degree",
                "Connections that come from each of its " + Figure.count(after.inputs()) + " input neurons.",
                first == null ? null : TopologyMetrics.outDegrees(after.outputs(), after.inputs(), first),
                TopologyMetrics.outDegrees(after.outputs(), after.inputs(), pattern),
                page);
    }

    private static @Nullable CsrPattern pattern(@Nullable LayerState layer) {
        return layer == null ? null : layer.pattern();
    }

    private void writeDegrees(String title, String what, int @Nullable [] before, int[] after, Markup page) {
        Optional<PowerLaw> law = PowerLaw.fit(after, bootstraps, seed, pool);
        Curve now = shares(after);
        Curve first = before == null ? new Curve(new double[0], new double[0]) : shares(before);
        Range degrees = new Range().add(now.xs()).add(first.xs());
        Range shares = new Range().add(now.ys()).add(first.ys()).add(1);
        long without = Arrays.stream(after).filter(degree -> degree == 0).count();
        StringBuilder caption = new StringBuilder(what);
        caption.append(without == 0 ? "" : " " + Figure.count(without) + " have none and are left out.");
        law.ifPresentOrElse(
                fit -> caption.append(" ").append(verdict(fit, after.length - without)),
                () -> caption.append(" There is no power law to fit: the degrees are all the same."));
        Chart chart = new Chart(
                title,
                caption.toString(),
                Axis.logarithmic("degree", degrees),
                Axis.logarithmic("share of neurons of at least that degree", shares));
        if (before != null) {
            chart.line("before training", Chart.NEUTRAL, first);
        }
        chart.dots("after training", 0, now);
        law.ifPresent(fit -> chart.dashes("power law", 1, line(fit, after.length - without, degrees, shares)));
        chart.write(page);
    }

    /** For each degree that occurs, the share of connected neurons that have at least as many. */
    private static Curve shares(int[] degrees) {
        int[] sorted =
                Arrays.stream(degrees).filter(degree -> degree > 0).sorted().toArray();
        double[] xs = Arrays.stream(sorted).distinct().asDoubleStream().toArray();
        double[] ys = new double[xs.length];
        int at = -1;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                ys[++at] = (double) (sorted.length - i) / sorted.length;
            }
        }
        return new Curve(xs, ys);
    }

    private static Curve line(PowerLaw law, long connected, Range degrees, Range shares) {
        int points = 50;
        double[] xs = new double[points + 1];
        double[] ys = new double[points + 1];
        double ratio = Math.max(2, degrees.high() / law.xmin());
        for (int i = 0; i <= points; i++) {
            xs[i] = law.xmin() * Math.pow(ratio, (double) i / points);
            double share = law.share(xs[i]) * law.tail() / connected;
            ys[i] = share >= shares.low() && xs[i] <= degrees.high() ? share : Double.NaN;
        }
        return new Curve(xs, ys);
    }

    private static String verdict(PowerLaw law, long connected) {
        Double p = law.pValue();
        StringBuilder text = new StringBuilder("Power law with exponent " + Figure.of(law.exponent(), 3) + " ± "
                + Figure.of(law.standardError(), 2) + " from degree " + law.xmin() + " on, " + Figure.count(law.tail())
                + " of " + Figure.count(connected) + " neurons");
        if (p != null) {
            text.append(", p = ").append(Figure.of(p, 2));
            text.append(p < 0.1 ? ": ruled out." : ": not ruled out");
            if (p >= 0.1) {
                text.append(law.tail() < SHORT_TAIL ? ", but so short a tail says little." : ".");
            }
        } else {
            text.append('.');
        }
        return text.toString();
    }

    /** How the weights of each layer are distributed. */
    void writeWeights(Markup page) {
        for (int n = 0; n < network.after().size(); n++) {
            LayerState after = network.after().get(n);
            LayerState before = network.before(n);
            if (after.weights().length > 0) {
                writeWeights(n, before == null ? new float[0] : before.weights(), after.weights(), page);
            }
        }
    }

    private static void writeWeights(int layer, float[] before, float[] after, Markup page) {
        Range range = new Range().add(ends(before)).add(ends(after));
        Axis x = Axis.linear("weight", range);
        Curve now = histogram(after, x);
        Curve first = histogram(before, x);
        long outside = 0;
        for (float weight : after) {
            outside += weight < x.low() || weight > x.high() ? 1 : 0;
        }
        String caption = outside == 0
                ? ""
                : Figure.count(outside) + " of " + Figure.count(after.length) + " weights lie outside.";
        Chart chart = new Chart(
                "Layer " + layer + ": weights",
                caption,
                x,
                Axis.linear(
                        "share of weights, %",
                        new Range().add(now.ys()).add(first.ys()).add(0)));
        if (before.length > 0) {
            chart.line("before training", Chart.NEUTRAL, first);
        }
        chart.line("after training", 0, now).write(page);
    }

    /** Where all but the outermost weights lie. */
    private static double[] ends(float[] weights) {
        int stride = weights.length / SORTED + 1;
        double[] some = new double[(weights.length + stride - 1) / stride];
        for (int i = 0; i < some.length; i++) {
            some[i] = weights[i * stride];
        }
        Arrays.sort(some);
        int cut = (int) (some.length * OUTSIDE);
        return some.length == 0 ? some : new double[] {some[cut], some[some.length - 1 - cut]};
    }

    /** The outline of a histogram, in percent of the weights. */
    private static Curve histogram(float[] weights, Axis x) {
        double width = (x.high() - x.low()) / BINS;
        long[] counts = new long[BINS];
        for (float weight : weights) {
            if (weight >= x.low() && weight <= x.high()) {
                counts[(int) Math.min(BINS - 1, (weight - x.low()) / width)]++;
            }
        }
        double[] xs = new double[2 * BINS + 2];
        double[] ys = new double[2 * BINS + 2];
        for (int bin = 0; bin <= BINS; bin++) {
            xs[2 * bin] = x.low() + bin * width;
            xs[2 * bin + 1] = xs[2 * bin];
            if (bin < BINS) {
                ys[2 * bin + 1] = 100.0 * counts[bin] / Math.max(1, weights.length);
                ys[2 * bin + 2] = ys[2 * bin + 1];
            }
        }
        return new Curve(xs, ys);
    }
}
