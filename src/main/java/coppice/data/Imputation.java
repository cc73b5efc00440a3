package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;

/**
 * Puts the training mean of a feature where its value is missing, in training and ever after.
 *
 * @param means one value a feature
 */
@SuppressWarnings("ArrayRecordComponent")
public record Imputation(float[] means) {
    /**
     * The mean of each feature over the samples that have it, zeros of sparse ones included.
     *
     * @throws IllegalArgumentException naming a feature that no sample has
     */
    public static Imputation fit(Matrix samples) {
        if (samples instanceof ByteMatrix) {
            return ofBytes(samples);
        }
        double[] sums = new double[samples.columns()];
        int[] missing = new int[samples.columns()];
        if (samples instanceof DenseMatrix dense) {
            float[] values = dense.values();
            for (int k = 0; k < values.length; k++) {
                add(values[k], k % sums.length, sums, missing);
            }
        } else if (samples instanceof CsrMatrix sparse) {
            int[] columns = sparse.pattern().columnIndices();
            for (int k = 0; k < columns.length; k++) {
                add(sparse.values()[k], columns[k], sums, missing);
            }
        }
        float[] means = new float[sums.length];
        for (int c = 0; c < means.length; c++) {
            if (missing[c] == samples.rows()) {
                throw new IllegalArgumentException(
                        "feature " + (c + 1) + " is missing in every training sample, so it has no mean");
            }
            means[c] = (float) (sums[c] / (samples.rows() - missing[c]));
        }
        return new Imputation(means);
    }

    /** Bytes are never missing, but other files may lack some. */
    private static Imputation ofBytes(Matrix samples) {
        ColumnStatistics statistics = ColumnStatistics.of(samples);
        float[] means = new float[samples.columns()];
        for (int c = 0; c < means.length; c++) {
            means[c] = (float) statistics.mean(c);
        }
        return new Imputation(means);
    }

    private static void add(float value, int column, double[] sums, int[] missing) {
        if (Float.isNaN(value)) {
            missing[column]++;
        } else {
            sums[column] += value;
        }
    }

    /** The samples with no value missing; themselves where none was. */
    public Dataset apply(Dataset data) {
        Matrix features = data.features();
        if (features.columns() != means.length) {
            throw new IllegalArgumentException(
                    "there are means of " + means.length + " features but the samples have " + features.columns());
        }
        if (features instanceof DenseMatrix dense && isMissing(dense.values())) {
            float[] values = dense.values().clone();
            for (int k = 0; k < values.length; k++) {
                values[k] = Float.isNaN(values[k]) ? means[k % means.length] : values[k];
            }
            return data.withFeatures(new DenseMatrix(dense.rows(), dense.columns(), values));
        }
        if (features instanceof CsrMatrix sparse && isMissing(sparse.values())) {
            float[] values = sparse.values().clone();
            int[] columns = sparse.pattern().columnIndices();
            for (int k = 0; k < values.length; k++) {
                values[k] = Float.isNaN(values[k]) ? means[columns[k]] : values[k];
            }
            return data.withFeatures(new CsrMatrix(sparse.pattern(), values));
        }
        return data;
    }

    private static boolean isMissing(float[] values) {
        for (float value : values) {
            if (Float.isNaN(value)) {
                return true;
            }
        }
        return false;
    }
}
