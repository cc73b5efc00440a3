package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Tensor;

/** One step of the way from samples to outputs, with neurons of its own. */
interface Layer {
    /** The neurons that this layer feeds. */
    Neurons neurons();

    /** Computes the layer's outputs from its inputs. */
    void forward(Backend backend, Tensor input, Pass pass);

    /** Passes the gradient of the layer's neurons on to those below. */
    void backward(Backend backend, Neurons below, Pass pass);

    /** Learns from the gradient of the layer's neurons. */
    void update(Backend backend, Tensor input, LayerUpdates updates, Pass pass);
}
