package coppice.topology;

import coppice.matrix.CsrPattern;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Network-science measures of the topology between two layers of neurons, in time proportional to its connections.
 *
 * @param inputs neurons that the connections come from
 * @param outputs neurons that they lead to
 * @param sparse whether the layer is stored as a pattern; otherwise every cell is a connection
 * @param connections number of connections
 * @param density share of the possible connections
 * @param inDegree connections that lead to each output neuron
 * @param outDegree connections that come from each input neuron
 */
public record TopologyMetrics(
        int inputs,
        int outputs,
        boolean sparse,
        long connections,
        double density,
        Degrees inDegree,
        Degrees outDegree) {

    /** Measures a layer; a null pattern stands for a dense one. */
    public static TopologyMetrics of(int outputs, int inputs, @Nullable CsrPattern pattern) {
        long cells = (long) outputs * inputs;
        long connections = pattern == null ? cells : pattern.connections();
        return new TopologyMetrics(
                inputs,
                outputs,
                pattern != null,
                connections,
                (double) connections / cells,
                Degrees.of(inDegrees(outputs, inputs, pattern)),
                Degrees.of(outDegrees(outputs, inputs, pattern)));
    }

    /** The number of connections that lead to each output neuron. */
    public static int[] inDegrees(int outputs, int inputs, @Nullable CsrPattern pattern) {
        int[] degrees = new int[outputs];
        if (pattern == null) {
            Arrays.fill(degrees, inputs);
        } else {
            Arrays.setAll(degrees, pattern::rowLength);
        }
        return degrees;
    }

    /** The number of connections that come from each input neuron. */
    public static int[] outDegrees(int outputs, int inputs, @Nullable CsrPattern pattern) {
        int[] degrees = new int[inputs];
        if (pattern == null) {
            Arrays.fill(degrees, outputs);
        } else {
            for (int column : pattern.columnIndices()) {
                degrees[column]++;
            }
        }
        return degrees;
    }

    /**
     * The degrees of the neurons between two layers, over the sparse ones of the two: a dense layer connects every
     * neuron alike and tells nothing.
     *
     * @param neurons number of neurons between the layers
     * @param before the pattern of the layer that leads to them, null if dense
     * @param after the pattern of the layer that comes from them, null if dense
     */
    public static int[] hiddenDegrees(int neurons, @Nullable CsrPattern before, @Nullable CsrPattern after) {
        int[] degrees = before == null ? new int[neurons] : inDegrees(neurons, before.columns(), before);
        if (after != null) {
            int[] outgoing = outDegrees(after.rows(), neurons, after);
            Arrays.setAll(degrees, neuron -> degrees[neuron] + outgoing[neuron]);
        }
        return degrees;
    }

    /**
     * The strength of each input neuron: the sum of the absolute weights of the connections that come from it.
     *
     * <p>Atashgahi et al., "Quick and robust feature selection", Machine Learning 111 (2022), rank features by it.
     *
     * @param weights in the pattern's order, or row-major (outputs, inputs) without a pattern
     */
    public static double[] inputStrengths(int inputs, @Nullable CsrPattern pattern, float[] weights) {
        double[] strengths = new double[inputs];
        for (int k = 0; k < weights.length; k++) {
            strengths[pattern == null ? k % inputs : pattern.columnIndices()[k]] += Math.abs(weights[k]);
        }
        return strengths;
    }

    /** The degrees of several groups of neurons as one group. */
    public static int[] joined(List<int[]> groups) {
        return groups.stream().flatMapToInt(Arrays::stream).toArray();
    }
}
