package coppice.model;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;
import java.util.Objects;

/**
 * The partition function of a restricted Boltzmann machine by going through all states of its smaller side.
 *
 * <p>The other side is summed out:
 * log Z = log sum over h of exp(c h + sum over visible i of softplus(b_i + (W^T h)_i)),
 * or the same with the sides exchanged. States follow a Gray code, so that each differs from the last in one unit. All
 * in double precision.
 */
public final class ExactPartition {
    /** The most units that can be gone through. */
    public static final int MOST_UNITS = 20;

    private static final int TASK_BITS = 6;

    private final float[] ownBias; // of the side gone through
    private final float[] otherBias;
    private final double[][] weights; // (own, other)

    private ExactPartition(LayerState machine) {
        float[] visibleBias = Objects.requireNonNull(machine.visible()).bias();
        boolean throughHidden = machine.outputs() <= machine.inputs();
        this.ownBias = throughHidden ? machine.bias() : visibleBias;
        this.otherBias = throughHidden ? visibleBias : machine.bias();
        if (ownBias.length > MOST_UNITS) {
            throw new IllegalArgumentException("the exact partition function needs a side of at most " + MOST_UNITS
                    + " units, and the smaller one has " + ownBias.length);
        }
        this.weights = new double[ownBias.length][otherBias.length];
        CsrPattern pattern = machine.pattern();
        for (int row = 0; row < machine.outputs(); row++) {
            int from = pattern == null ? row * machine.inputs() : pattern.rowOffsets()[row];
            int to = pattern == null ? from + machine.inputs() : pattern.rowOffsets()[row + 1];
            for (int k = from; k < to; k++) {
                int column = pattern == null ? k - from : pattern.columnIndices()[k];
                weights[throughHidden ? row : column][throughHidden ? column : row] = machine.weights()[k];
            }
        }
    }

    /**
     * The natural logarithm of the partition function.
     *
     * @param machine with visible units
     * @param pool threads to use
     * @throws IllegalArgumentException if neither side has few enough units
     */
    public static double log(LayerState machine, WorkerPool pool) {
        ExactPartition partition = new ExactPartition(machine);
        int bits = Math.min(TASK_BITS, partition.ownBias.length);
        double[] logs = new double[1 << bits];
        pool.run(logs.length, task -> logs[task] = partition.logSum(task, bits));
        return logSumExp(logs);
    }

    /** The states whose last units are as the bits of {@code task}. */
    private double logSum(int task, int bits) {
        int free = ownBias.length - bits;
        double[] inputs = new double[otherBias.length];
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = otherBias[i];
        }
        double own = 0;
        for (int unit = free; unit < ownBias.length; unit++) {
            if ((task >> (unit - free) & 1) == 1) {
                own += flip(unit, 1, inputs);
            }
        }
        double[] logs = new double[1 << free];
        logs[0] = own + softplusSum(inputs);
        for (int state = 1; state < logs.length; state++) {
            int unit = Integer.numberOfTrailingZeros(state);
            int code = state ^ (state >> 1);
            own += flip(unit, ((code >> unit) & 1) == 1 ? 1 : -1, inputs);
            logs[state] = own + softplusSum(inputs);
        }
        return logSumExp(logs);
    }

    /** Sets a unit to 1 or back to 0; returns what its bias brings. */
    private double flip(int unit, int sign, double[] inputs) {
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] += sign * weights[unit][i];
        }
        return sign * (double) ownBias[unit];
    }

    private static double softplusSum(double[] inputs) {
        double sum = 0;
        for (double x : inputs) {
            sum += Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        }
        return sum;
    }

    private static double logSumExp(double[] logs) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (double log : logs) {
            greatest = Math.max(greatest, log);
        }
        double sum = 0;
        for (double log : logs) {
            sum += Math.exp(log - greatest);
        }
        return greatest + Math.log(sum);
    }
}
