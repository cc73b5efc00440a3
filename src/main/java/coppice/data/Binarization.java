package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.Matrix;
import coppice.random.Philox;
import coppice.random.Stream;

/** Makes features of 0 and 1 of features in [0, 1]. */
public enum Binarization {
    /** 1 from 0.5 on. */
    THRESHOLD,
    /** 1 with the feature as its probability, drawn once: the same for the same seed. */
    SAMPLE;

    /**
     * The samples with normalized features of 0 and 1.
     *
     * @param data its features, normalized, lie in [0, 1]
     * @param seed the run's seed
     * @param part names the random numbers: another for each part of a data set
     */
    public Dataset apply(Dataset data, Normalization normalization, long seed, int part) {
        Matrix features = data.features();
        int columns = features.columns();
        byte[] states = new byte[data.valueCount()];
        float[] values = new float[columns];
        for (int row = 0; row < features.rows(); row++) {
            normalization.applyRow(features, row, values, 0);
            binarize(values, states, row, seed, part);
        }
        return data.withFeatures(new ByteMatrix(features.rows(), columns, states));
    }

    private void binarize(float[] values, byte[] states, int row, long seed, int part) {
        int purpose = Philox.purposeWord(Stream.BINARIZE, part);
        int[] words = new int[4];
        for (int c = 0; c < values.length; c++) {
            if (c % 4 == 0) {
                Philox.block(seed, c / 4, row, 0, purpose, words, 0);
            }
            boolean on = this == THRESHOLD ? values[c] >= 0.5f : Philox.uniform(words[c % 4]) < values[c];
            states[row * values.length + c] = (byte) (on ? 1 : 0);
        }
    }
}
