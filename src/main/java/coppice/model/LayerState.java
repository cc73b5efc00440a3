package coppice.model;

import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a layer has learned, on the host.
 *
 * @param outputs number of output neurons, or filters
 * @param inputs number of input neurons, or terms of a convolution's window
 * @param pattern the topology; null for a dense layer
 * @param window of a convolution; null for fully connected neurons
 * @param weights in CSR order, or row-major (outputs, inputs) for a dense layer
 * @param weightState the optimizer's buffers for the weights; empty where there are none
 * @param bias one an output
 * @param biasState the optimizer's buffers for the biases
 * @param slopes SReLU's parameters, (4, neurons) row-major; null for other activations
 * @param slopeState the optimizer's buffers for them
 * @param visible the visible side of a restricted Boltzmann machine, whose hidden side the outputs are; else null
 */
@SuppressWarnings("ArrayRecordComponent") // views of what a backend holds, not compared
public record LayerState(
        int outputs,
        int inputs,
        @Nullable CsrPattern pattern,
        @Nullable Window window,
        float[] weights,
        List<float[]> weightState,
        float[] bias,
        List<float[]> biasState,
        float @Nullable [] slopes,
        List<float[]> slopeState,
        @Nullable VisibleUnits visible) {

    /** Number of neurons: of a convolution, one a filter and position. */
    public int neurons() {
        return window == null ? outputs : Math.multiplyExact(outputs, window.positions());
    }

    /** Number of stored weights. */
    public int connections() {
        return weights.length;
    }

    /** The same with a visible side. */
    public LayerState withVisible(VisibleUnits units) {
        return new LayerState(
                outputs, inputs, pattern, window, weights, weightState, bias, biasState, slopes, slopeState, units);
    }

    /** Number of learned numbers: weights, biases and slopes. */
    public long parameters() {
        return (long) weights.length
                + bias.length
                + (slopes == null ? 0 : slopes.length)
                + (visible == null ? 0 : visible.bias().length);
    }
}
