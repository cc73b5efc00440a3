package coppice.topology;

import coppice.random.RandomStream;
import coppice.random.Stream;

/**
 * Where a random choice stands in a run: the seed, the layer and how many evolutions came before.
 *
 * @param seed the run's seed
 * @param layer index of the layer, from 0
 * @param evolution 0 for the first topology, then 1 for the first evolution and so on
 */
public record RandomKey(long seed, int layer, int evolution) {
    /** The numbers drawn here for a purpose. */
    public RandomStream stream(Stream purpose) {
        return new RandomStream(seed, purpose, layer, evolution);
    }
}
