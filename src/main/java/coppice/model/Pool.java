package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.Tensor;
import coppice.backend.Window;

/** A layer that makes one pixel of several, in each channel; it learns nothing. */
record Pool(Pooling pooling, Window window, Neurons neurons) implements Layer {
    @Override
    public void forward(Backend backend, Tensor input, Pass pass) {
        backend.pool(pooling, window, input, neurons, pass);
    }

    @Override
    public void backward(Backend backend, Neurons below, Pass pass) {
        backend.unpool(pooling, window, neurons.gradient(), below, pass);
    }

    @Override
    public void update(Backend backend, Tensor input, LayerUpdates updates, Pass pass) {
        // there are no weights
    }
}
