package coppice.backend.cpu;

import coppice.backend.Neurons;

/** Bits of (neuron, batch column): bit {@code column % 32} of word {@code column / 32} of the neuron's row. */
public final class CpuBits implements Neurons.Bits {
    private final int rows;
    private final int wordsPerRow;
    private final int[] words;

    CpuBits(int rows, int columns) {
        this.rows = rows;
        this.wordsPerRow = (columns + 31) / 32;
        this.words = new int[Math.multiplyExact(rows, wordsPerRow)];
    }

    @Override
    public int rows() {
        return rows;
    }

    /** The words of all rows. */
    public int[] words() {
        return words;
    }

    /** Index of a row's first word. */
    public int at(int row) {
        return row * wordsPerRow;
    }
}
