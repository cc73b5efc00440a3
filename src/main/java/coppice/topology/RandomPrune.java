package coppice.topology;

import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;

/**
 * Cuts a uniformly random fraction zeta: the paper's negative control for SET's rule.
 *
 * @param zeta fraction cut, in [0, 1)
 */
public record RandomPrune(double zeta) implements PruneRule {
    /** Checks the range. */
    public RandomPrune {
        Zeta.require(zeta);
    }

    @Override
    public BitMask prune(float[] values, RandomKey key, WorkerPool pool) {
        int size = values.length;
        BitMask cut = new BitMask(size);
        RandomStream random = key.stream(Stream.PRUNE);
        int left = (int) Math.round(zeta * size);
        for (int k = 0; k < size && left > 0; k++) { // selection sampling: Knuth, volume 2, algorithm S
            if (random.nextInt(size - k) < left) {
                cut.set(k);
                left--;
            }
        }
        return cut;
    }
}
