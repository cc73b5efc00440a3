package coppice.topology;

import coppice.matrix.CsrPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The neurons of one group that nothing can come through.
 *
 * @param neurons size of the group
 * @param withoutInputs those that no connection leads to; null for the input neurons, which need none
 * @param withoutOutputs those that no connection comes from; null for the output neurons, which need none
 * @param dead those that lack one or the other
 * @param offPath those that lie on no path from an input neuron to an output neuron, the dead ones included
 */
public record DeadNeurons(
        int neurons,
        @Nullable Integer withoutInputs,
        @Nullable Integer withoutOutputs,
        int dead,
        int offPath) {

    /** Counts them in a chain of layers: first the input neurons, then the outputs of each layer. */
    public static List<DeadNeurons> of(List<LayerTopology> layers) {
        int groups = layers.size() + 1;
        List<boolean[]> fed = new ArrayList<>(); // a path leads from an input neuron to it
        boolean[] all = new boolean[layers.get(0).inputs()];
        Arrays.fill(all, true);
        fed.add(all);
        for (LayerTopology layer : layers) {
            fed.add(forward(layer, fed.get(fed.size() - 1)));
        }
        boolean[][] heard = new boolean[groups][]; // a path leads from it to an output neuron
        heard[groups - 1] = new boolean[layers.get(groups - 2).outputs()];
        Arrays.fill(heard[groups - 1], true);
        for (int g = groups - 2; g >= 0; g--) {
            heard[g] = backward(layers.get(g), heard[g + 1]);
        }
        List<DeadNeurons> counted = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            int[] in = g == 0 ? null : inDegrees(layers.get(g - 1));
            int[] out = g == groups - 1 ? null : outDegrees(layers.get(g));
            counted.add(count(in, out, fed.get(g), heard[g]));
        }
        return counted;
    }

    private static int[] inDegrees(LayerTopology layer) {
        return TopologyMetrics.inDegrees(layer.outputs(), layer.inputs(), layer.pattern());
    }

    private static int[] outDegrees(LayerTopology layer) {
        return TopologyMetrics.outDegrees(layer.outputs(), layer.inputs(), layer.pattern());
    }

    private static DeadNeurons count(int @Nullable [] in, int @Nullable [] out, boolean[] fed, boolean[] heard) {
        int withoutInputs = 0;
        int withoutOutputs = 0;
        int dead = 0;
        int offPath = 0;
        for (int neuron = 0; neuron < fed.length; neuron++) {
            boolean noInput = in != null && in[neuron] == 0;
            boolean noOutput = out != null && out[neuron] == 0;
            withoutInputs += noInput ? 1 : 0;
            withoutOutputs += noOutput ? 1 : 0;
            dead += noInput || noOutput ? 1 : 0;
            offPath += fed[neuron] && heard[neuron] ? 0 : 1;
        }
        return new DeadNeurons(
                fed.length, in == null ? null : withoutInputs, out == null ? null : withoutOutputs, dead, offPath);
    }

    private static boolean[] forward(LayerTopology layer, boolean[] from) {
        boolean[] to = new boolean[layer.outputs()];
        CsrPattern pattern = layer.pattern();
        if (pattern == null) {
            Arrays.fill(to, any(from));
            return to;
        }
        for (int row = 0; row < to.length; row++) {
            for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                to[row] |= from[pattern.columnIndices()[k]];
            }
        }
        return to;
    }

    private static boolean[] backward(LayerTopology layer, boolean[] from) {
        boolean[] to = new boolean[layer.inputs()];
        CsrPattern pattern = layer.pattern();
        if (pattern == null) {
            Arrays.fill(to, any(from));
            return to;
        }
        for (int row = 0; row < from.length; row++) {
            for (int k = pattern.rowOffsets()[row]; from[row] && k < pattern.rowOffsets()[row + 1]; k++) {
                to[pattern.columnIndices()[k]] = true;
            }
        }
        return to;
    }

    private static boolean any(boolean[] flags) {
        for (boolean flag : flags) {
            if (flag) {
                return true;
            }
        }
        return false;
    }
}
