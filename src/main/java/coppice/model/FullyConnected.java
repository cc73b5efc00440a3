package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Joined;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;

/** A layer whose neurons any input may be connected to, sparse or dense. */
final class FullyConnected implements Layer {
    private final Weights weights;
    private final Neurons neurons;

    FullyConnected(Weights weights, Neurons neurons) {
        this.weights = weights;
        this.neurons = neurons;
    }

    @Override
    public Neurons neurons() {
        return neurons;
    }

    Weights weights() {
        return weights;
    }

    @Override
    public void forward(Backend backend, Tensor input, Pass pass) {
        forward(backend, input, neurons, pass);
    }

    /** Computes the outputs of any neurons of the layer's number. */
    void forward(Backend backend, Tensor input, Neurons to, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.forward(sparse, weights.bias().value(), input, to, pass);
        } else {
            backend.forward(weights.dense().value(), weights.bias().value(), input, to, pass);
        }
    }

    @Override
    public void backward(Backend backend, Neurons below, Pass pass) {
        backward(backend, neurons.gradient(), below, pass);
    }

    /** Passes anything of the outputs' shape on to the neurons below. */
    void backward(Backend backend, Tensor dz, Neurons below, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.backward(sparse, dz, below, pass);
        } else {
            backend.backward(weights.dense().value(), dz, below, pass);
        }
    }

    @Override
    public void update(Backend backend, Tensor input, LayerUpdates updates, Pass pass) {
        update(backend, neurons.gradient(), input, updates.weightsAndBias(), pass);
        weights.updateSlopes(backend, updates.slopes());
    }

    /** Learns weights and biases from two batches of gradients and inputs. */
    void update(Backend backend, Joined dz, Joined input, Backend.Updates updates, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.update(sparse, weights.bias(), dz, input, updates, pass);
            return;
        }
        backend.join(dz);
        backend.join(input);
        backend.update(weights.dense(), weights.bias(), dz.out(), input.out(), updates, pass);
    }

    /** Learns weights and biases from any gradient of the outputs' number of rows. */
    void update(Backend backend, Tensor dz, Tensor input, Backend.Updates updates, Pass pass) {
        SparseTensor sparse = weights.sparse();
        if (sparse != null) {
            backend.update(sparse, weights.bias(), dz, input, updates, pass);
        } else {
            backend.update(weights.dense(), weights.bias(), dz, input, updates, pass);
        }
    }
}
