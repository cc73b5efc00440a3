package coppice.backend.cpu;

import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Pass;
import coppice.backend.Tensor;
import coppice.random.Philox;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Units with two states, and what restricted Boltzmann machines need beside products, on a range of rows or columns.
 *
 * <p>Twin of kernels/stochastic.cu.
 */
public class StochasticKernels {
    /** Floats past the last one wanted that may be overwritten in scratch memory. */
    private static final int SLACK = 16;

    /** For subclasses and the kernel sets. */
    public StochasticKernels() {}

    /** Probabilities and states of the units [from, to). */
    void sample(Bernoulli units, CpuTensor z, @Nullable CpuTensor states, Pass pass, int from, int to) {
        probabilities(units, z, pass.batch(), from, to);
        for (int unit = from; states != null && unit < to; unit++) {
            states(units, z, states, unit, pass);
        }
    }

    /** z = p of the units [from, to). */
    protected void probabilities(Bernoulli units, CpuTensor z, int batch, int from, int to) {
        for (int unit = from; unit < to; unit++) {
            float bias = of(units.bias(), unit);
            float base = of(units.base(), unit);
            int at = z.at(unit);
            for (int b = at; b < at + batch; b++) {
                float t = units.scale() * (z.data()[b] + bias);
                if (units.base() != null) {
                    t = Math.fma(1f - units.scale(), base, t);
                }
                z.data()[b] = units.logistic() ? ExactMath.sigmoid(t) : t;
            }
        }
    }

    /** A unit's value; zero where there are none. */
    protected static float of(@Nullable Tensor values, int unit) {
        return values instanceof CpuTensor tensor ? tensor.data()[tensor.at(unit)] : 0f;
    }

    /** Draws the states of one unit. */
    protected void states(Bernoulli units, CpuTensor p, CpuTensor states, int unit, Pass pass) {
        int[] words = new int[4];
        for (int group = 0; group < pass.batch(); group += 32) {
            for (int lane = 0; lane < 8; lane++) {
                Philox.block(units.seed(), group / 4 + lane, unit, pass.step(), units.purposeWord(), words, 0);
                for (int word = 0; word < 4; word++) {
                    int column = group + word / 2 * 16 + 2 * lane + word % 2;
                    if (column < pass.batch()) {
                        boolean on = Philox.uniform(words[word]) < p.data()[p.at(unit) + column];
                        states.data()[states.at(unit) + column] = on ? 1f : 0f;
                    }
                }
            }
        }
    }

    /** The rows [from, to) of two batches side by side, in the given tensor. */
    protected void join(Joined joined, CpuTensor out, int from, int to) {
        CpuTensor a = (CpuTensor) joined.a();
        CpuTensor b = (CpuTensor) joined.b();
        for (int row = from; row < to; row++) {
            scale(a.data(), a.at(row), joined.aFactor(), out.data(), out.at(row), joined.aCount());
            scale(b.data(), b.at(row), joined.bFactor(), out.data(), out.at(row) + joined.aCount(), joined.bCount());
        }
    }

    /** y = factor * x. */
    protected void scale(float[] x, int xAt, float factor, float[] y, int yAt, int count) {
        for (int i = 0; i < count; i++) {
            y[yAt + i] = factor * x[xAt + i];
        }
    }

    /** For each of the rows [from, to) the sum of squared differences. */
    protected void squaredErrors(CpuTensor target, CpuTensor output, int batch, int from, int to, float[] sums) {
        float[] lanes = new float[Lanes.COUNT];
        for (int row = from; row < to; row++) {
            int t = target.at(row);
            int o = output.at(row);
            int whole = squares(target.data(), t, output.data(), o, batch, lanes);
            for (int b = whole; b < batch; b++) {
                float difference = output.data()[o + b] - target.data()[t + b];
                lanes[b & Lanes.COUNT - 1] = Math.fma(difference, difference, lanes[b & Lanes.COUNT - 1]);
            }
            sums[row] = Lanes.fold(lanes);
        }
    }

    /** Sets the lanes to the squared differences of the first columns; returns how many it took. */
    protected int squares(float[] target, int tAt, float[] output, int oAt, int batch, float[] lanes) {
        Arrays.fill(lanes, 0f);
        return 0;
    }

    /** Adds to the sums of the columns [from, to) what annealing from one inverse temperature to another brings. */
    void anneal(
            CpuTensor z, CpuTensor v, CpuTensor difference, float low, float high, double[] sums, int from, int to) {
        int count = to - from;
        double[] lanes = new double[Lanes.COUNT * count];
        float[] scratch = new float[CpuTensor.BASE + 4 * (count + SLACK)];
        for (int row = 0; row < z.rows(); row++) {
            int lane = row % Lanes.COUNT * count;
            softplusRise(z, row, from, low, high, lanes, lane, count, scratch);
        }
        for (int b = 0; b < count; b++) {
            sums[from + b] += Lanes.fold(lanes, b, count);
        }
        Arrays.fill(lanes, 0);
        for (int row = 0; row < v.rows(); row++) {
            int lane = row % Lanes.COUNT * count;
            double factor = difference.data()[difference.at(row)];
            for (int b = 0; b < count; b++) {
                lanes[lane + b] = Math.fma(factor, (double) v.data()[v.at(row) + from + b], lanes[lane + b]);
            }
        }
        double rise = (double) high - (double) low;
        for (int b = 0; b < count; b++) {
            sums[from + b] = Math.fma(rise, Lanes.fold(lanes, b, count), sums[from + b]);
        }
    }

    /**
     * lanes[b] += softplus(high * z[b]) - softplus(low * z[b]) for {@code count} columns from {@code from} on;
     * {@code scratch} has room for four times as many.
     */
    protected void softplusRise(
            CpuTensor z, int row, int from, float low, float high, double[] lanes, int at, int count, float[] scratch) {
        int zAt = z.at(row) + from;
        for (int b = 0; b < count; b++) {
            float x = z.data()[zAt + b];
            lanes[at + b] += (double) ExactMath.softplus(high * x) - (double) ExactMath.softplus(low * x);
        }
    }
}
