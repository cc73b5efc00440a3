package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Window;

/**
 * A layer of filters, sparse or dense, that move over images.
 *
 * <p>SReLU's slopes are those of a neuron, that is of a filter at a position, as everywhere else: the filter may bend
 * otherwise in the middle of an image than at its edge.
 */
final class Convolution implements Layer {
    private final Window window;
    private final Weights weights; // (filters, terms of the window)
    private final Neurons neurons;

    Convolution(Window window, Weights weights, Neurons neurons) {
        this.window = window;
        this.weights = weights;
        this.neurons = neurons;
    }

    @Override
    public Neurons neurons() {
        return neurons;
    }

    @Override
    public void forward(Backend backend, Tensor input, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.forward(window, sparse, weights.bias().value(), input, neurons, pass);
        } else {
            backend.forward(window, weights.dense().value(), weights.bias().value(), input, neurons, pass);
        }
    }

    @Override
    public void backward(Backend backend, Neurons below, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.backward(window, sparse, neurons.gradient(), below, pass);
        } else {
            backend.backward(window, weights.dense().value(), neurons.gradient(), below, pass);
        }
    }

    @Override
    public void update(Backend backend, Tensor input, LayerUpdates updates, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.update(window, sparse, weights.bias(), neurons.gradient(), input, updates.weightsAndBias(), pass);
        } else {
            backend.update(
                    window, weights.dense(), weights.bias(), neurons.gradient(), input, updates.weightsAndBias(), pass);
        }
        weights.updateSlopes(backend, updates.slopes());
    }
}
