package coppice.model;

import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Update;
import coppice.parallel.WorkerPool;
import java.util.List;
import java.util.function.Consumer;

/** What the training loop trains: something on a backend that takes batches, learns from them, and evolves. */
public interface Model {
    /** Where a batch is put, (features, batch). */
    Tensor input();

    /**
     * Learns from the batch in {@link #input}; adds its loss to the backend's totals.
     *
     * @param samples where the batch came from
     * @param start place of its first sample in their order
     * @param enter told what begins
     */
    void learn(Samples samples, int start, Pass pass, Update update, Consumer<Phase> enter);

    /** Adds the loss of the batch in {@link #input} to the backend's totals, without learning. */
    void measure(Samples samples, int start, Pass pass);

    /** What the model makes of the batch in {@link #input}: probabilities of the classes or of the hidden units. */
    Tensor output(Pass pass);

    /** The outputs for the batch in {@link #input} before they become probabilities, where they do. */
    default Tensor logits(Pass pass) {
        return output(pass);
    }

    /**
     * Changes the topology of every sparse layer.
     *
     * @param growBack false to cut only
     * @param seed the run's seed
     * @param evolution number of this evolution, from 1
     * @return number of connections grown
     */
    long evolve(EvolutionRules rules, boolean growBack, long seed, int evolution, WorkerPool pool);

    /** Connections of each layer, dense ones included. */
    List<Integer> connections();

    /** What all layers have learned; sparse arrays may be the backend's own and must not be written to. */
    List<LayerState> state();
}
