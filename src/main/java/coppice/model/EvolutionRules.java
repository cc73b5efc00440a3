package coppice.model;

import coppice.parallel.WorkerPool;
import coppice.random.Stream;
import coppice.topology.Evolution;
import coppice.topology.RandomKey;

/**
 * How the sparse layers of a network evolve.
 *
 * @param evolution which connections are cut and where new ones grow
 * @param growInitializer weights of new connections
 * @param resetVelocity whether the optimizer forgets its state at every evolution, as in the published Keras program
 */
public record EvolutionRules(Evolution evolution, Initializer growInitializer, boolean resetVelocity) {
    void fillNew(float[] weights, int[] origin, Initializer.Fan fan, RandomKey key, WorkerPool pool) {
        Initializer.Draw draw = Initializer.Draw.of(key.seed(), Stream.GROW_INIT, key.layer(), key.evolution());
        growInitializer.fill(weights, origin, fan, draw, pool);
    }
}
