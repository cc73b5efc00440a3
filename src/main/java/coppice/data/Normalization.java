package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.Arrays;
import java.util.Locale;

/**
 * Shifts and scales each feature, {@code (x - offset) * scale} in float, as fitted on the training samples.
 *
 * <p>A feature that is constant in training gets the constant as its offset and a scale of 1, so that it becomes 0.
 *
 * @param kind how it was fitted
 * @param offset one value a feature
 * @param scale one value a feature
 */
@SuppressWarnings("ArrayRecordComponent")
public record Normalization(Kind kind, float[] offset, float[] scale) {
    /** How a normalization is fitted. */
    public enum Kind {
        /** Mean 0 and (population) standard deviation 1. */
        ZSCORE,
        /** From 0 to 1. */
        MINMAX,
        /** All features together from 0 to 1. */
        RANGE,
        /** Bytes divided by 255. */
        UNIT,
        /** Features as they are. */
        NONE;

        /** The kind of a name as {@code "zscore"}. */
        public static Kind parse(String name) {
            for (Kind kind : values()) {
                if (kind.toString().equals(name)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException(
                    "normalization must be zscore, minmax, range, unit or none but was " + name);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Checks that every feature has both values. */
    public Normalization {
        if (offset.length != scale.length) {
            throw new IllegalArgumentException(offset.length + " offsets but " + scale.length + " scales");
        }
    }

    /** Leaves the features as they are. */
    public static Normalization none(int features) {
        return uniform(Kind.NONE, features, 1);
    }

    private static Normalization uniform(Kind kind, int features, float scale) {
        float[] scales = new float[features];
        Arrays.fill(scales, scale);
        return new Normalization(kind, new float[features], scales);
    }

    /** Fits to samples without missing values, at least one. */
    public static Normalization fit(Kind kind, Matrix samples) {
        if (samples.rows() == 0) {
            throw new IllegalArgumentException("a normalization needs at least one sample");
        }
        return switch (kind) {
            case NONE -> none(samples.columns());
            case UNIT -> unit(samples);
            case RANGE -> range(samples);
            case ZSCORE -> zscore(samples);
            case MINMAX -> minmax(samples);
        };
    }

    private static Normalization unit(Matrix samples) {
        if (!(samples instanceof ByteMatrix)) {
            throw new IllegalArgumentException("normalization unit is for bytes of 0 to 255; use minmax");
        }
        return uniform(Kind.UNIT, samples.columns(), 1f / 255f);
    }

    private static Normalization range(Matrix samples) {
        ColumnStatistics statistics = ColumnStatistics.of(samples);
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (int c = 0; c < samples.columns(); c++) {
            scaleOf(statistics.variance(c), c); // refuses missing values
            min = Math.min(min, statistics.min(c));
            max = Math.max(max, statistics.max(c));
        }
        float[] offset = new float[samples.columns()];
        Arrays.fill(offset, min);
        Normalization range = uniform(Kind.RANGE, offset.length, max == min ? 1 : scaleOf((double) max - min, 0));
        return new Normalization(Kind.RANGE, offset, range.scale());
    }

    private static Normalization zscore(Matrix samples) {
        ColumnStatistics statistics = ColumnStatistics.of(samples);
        float[] offset = new float[samples.columns()];
        float[] scale = new float[offset.length];
        for (int c = 0; c < offset.length; c++) {
            boolean constant = statistics.min(c) == statistics.max(c);
            offset[c] = constant ? statistics.min(c) : (float) statistics.mean(c);
            scale[c] = constant ? 1 : scaleOf(Math.sqrt(statistics.variance(c)), c);
        }
        return new Normalization(Kind.ZSCORE, offset, scale);
    }

    private static Normalization minmax(Matrix samples) {
        ColumnStatistics statistics = ColumnStatistics.of(samples);
        float[] offset = new float[samples.columns()];
        float[] scale = new float[offset.length];
        for (int c = 0; c < offset.length; c++) {
            offset[c] = statistics.min(c);
            double range = (double) statistics.max(c) - statistics.min(c);
            scale[c] = range == 0 ? 1 : scaleOf(range, c);
        }
        return new Normalization(Kind.MINMAX, offset, scale);
    }

    private static float scaleOf(double spread, int feature) {
        if (Double.isNaN(spread)) {
            throw new IllegalArgumentException("feature " + (feature + 1) + " has missing values");
        }
        // The reciprocal of a spread among the smallest floats is none; such a feature counts as constant.
        float scale = (float) (1 / spread);
        return Float.isFinite(scale) ? scale : 1;
    }

    /** Number of features. */
    public int features() {
        return offset.length;
    }

    /** The normalized value of a feature. */
    public float apply(int feature, float value) {
        return (value - offset[feature]) * scale[feature];
    }

    /**
     * Writes one normalized sample, zeros of a sparse one included.
     *
     * @param samples the matrix it is a row of
     * @param row which row
     * @param out receives one value a feature from index {@code at} on
     * @param at index of the first
     */
    public void applyRow(Matrix samples, int row, float[] out, int at) {
        int columns = offset.length;
        if (samples.columns() != columns) {
            throw new IllegalArgumentException(
                    "fitted to " + columns + " features but the samples have " + samples.columns());
        }
        if (samples instanceof DenseMatrix dense) {
            System.arraycopy(dense.values(), row * columns, out, at, columns);
        } else if (samples instanceof ByteMatrix bytes) {
            for (int c = 0; c < columns; c++) {
                out[at + c] = bytes.values()[row * columns + c] & 0xff;
            }
        } else if (samples instanceof CsrMatrix sparse) {
            Arrays.fill(out, at, at + columns, 0);
            int[] rowOffsets = sparse.pattern().rowOffsets();
            for (int k = rowOffsets[row]; k < rowOffsets[row + 1]; k++) {
                out[at + sparse.pattern().columnIndices()[k]] = sparse.values()[k];
            }
        }
        for (int c = 0; c < columns; c++) {
            out[at + c] = (out[at + c] - offset[c]) * scale[c];
        }
    }
}
