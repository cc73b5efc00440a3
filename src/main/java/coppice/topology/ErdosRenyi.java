package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.WorkerPool;

/**
 * Random first topologies: Erdős–Rényi graphs between two layers of neurons.
 *
 * <p>Source: Mocanu et al. 2018, equation 1, with the number of connections fixed at its expectation, so that no run
 * starts denser than asked.
 */
public final class ErdosRenyi {
    private ErdosRenyi() {}

    /**
     * A uniformly random pattern with exactly {@code connections} connections, in O(connections) time and memory.
     *
     * @param outputs number of rows
     * @param inputs number of columns
     * @param connections at most {@code outputs * inputs}
     * @param key the seed and the layer; its evolution should be 0
     * @param pool threads to use; the result does not depend on their number
     */
    public static CsrPattern exact(int outputs, int inputs, int connections, RandomKey key, WorkerPool pool) {
        return new UniformGrow().grow(CsrPattern.empty(outputs, inputs), connections, key, pool);
    }

    /**
     * The first topology of the published SciPy programs: {@code draws} cells drawn with replacement, doubles merged,
     * so that a few connections fewer than {@code draws} result.
     */
    public static CsrPattern withReplacement(int outputs, int inputs, int draws, RandomKey key, WorkerPool pool) {
        CsrPattern empty = CsrPattern.empty(outputs, inputs);
        if (draws < 0 || (draws > 0 && empty.cells() == 0)) {
            throw new IllegalArgumentException("cannot draw " + draws + " of " + empty.cells() + " cells");
        }
        return draws == 0 ? empty : new CellDraw(empty, key, pool).withReplacement(draws);
    }
}
