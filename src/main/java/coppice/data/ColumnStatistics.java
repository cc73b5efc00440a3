package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.math.BigInteger;
import java.util.Arrays;

/**
 * Mean, population variance and extremes of every column, without making a sparse matrix dense.
 *
 * <p>Bytes are summed exactly in integers. Floats take two passes in double: the means, then the deviations from them,
 * whose own sum corrects for the rounding of the means (Chan, Golub and LeVeque 1983).
 */
final class ColumnStatistics {
    /** The most squares of a byte that an int can sum. */
    private static final int ROWS_PER_BLOCK = Integer.MAX_VALUE / (255 * 255);

    private final int rows;
    private final double[] mean;
    private final double[] variance;
    private final float[] min;
    private final float[] max;

    private ColumnStatistics(int rows, int columns) {
        this.rows = rows;
        this.mean = new double[columns];
        this.variance = new double[columns];
        this.min = new float[columns];
        this.max = new float[columns];
        Arrays.fill(min, Float.POSITIVE_INFINITY);
        Arrays.fill(max, Float.NEGATIVE_INFINITY);
    }

    /** Statistics over the rows of a matrix, which has at least one. */
    static ColumnStatistics of(Matrix matrix) {
        ColumnStatistics statistics = new ColumnStatistics(matrix.rows(), matrix.columns());
        if (matrix instanceof DenseMatrix dense) {
            statistics.ofDense(dense.values());
        } else if (matrix instanceof ByteMatrix bytes) {
            statistics.ofBytes(bytes.values());
        } else if (matrix instanceof CsrMatrix sparse) {
            statistics.ofSparse(sparse);
        }
        return statistics;
    }

    private void ofDense(float[] values) {
        int columns = mean.length;
        double[] sum = new double[columns];
        for (int row = 0; row < rows; row++) {
            int start = row * columns;
            for (int c = 0; c < columns; c++) {
                float value = values[start + c];
                sum[c] += value;
                min[c] = Math.min(min[c], value);
                max[c] = Math.max(max[c], value);
            }
        }
        setMeans(sum);
        double[] drift = new double[columns];
        double[] squares = new double[columns];
        for (int row = 0; row < rows; row++) {
            int start = row * columns;
            for (int c = 0; c < columns; c++) {
                double deviation = values[start + c] - mean[c];
                drift[c] += deviation;
                squares[c] += deviation * deviation;
            }
        }
        setVariances(drift, squares);
    }

    private void ofSparse(CsrMatrix matrix) {
        int[] columnIndices = matrix.pattern().columnIndices();
        float[] values = matrix.values();
        double[] sum = new double[mean.length];
        int[] stored = new int[mean.length];
        for (int k = 0; k < values.length; k++) {
            int c = columnIndices[k];
            sum[c] += values[k];
            min[c] = Math.min(min[c], values[k]);
            max[c] = Math.max(max[c], values[k]);
            stored[c]++;
        }
        setMeans(sum);
        double[] drift = new double[mean.length];
        double[] squares = new double[mean.length];
        for (int k = 0; k < values.length; k++) {
            int c = columnIndices[k];
            double deviation = values[k] - mean[c];
            drift[c] += deviation;
            squares[c] += deviation * deviation;
        }
        for (int c = 0; c < mean.length; c++) {
            int zeros = rows - stored[c];
            if (zeros > 0) {
                drift[c] -= zeros * mean[c];
                squares[c] += zeros * mean[c] * mean[c];
                min[c] = Math.min(min[c], 0);
                max[c] = Math.max(max[c], 0);
            }
        }
        setVariances(drift, squares);
    }

    private void setMeans(double[] sum) {
        for (int c = 0; c < sum.length; c++) {
            mean[c] = sum[c] / rows;
        }
    }

    private void setVariances(double[] drift, double[] squares) {
        for (int c = 0; c < squares.length; c++) {
            variance[c] = Math.max(0, (squares[c] - drift[c] * drift[c] / rows) / rows);
        }
    }

    private void ofBytes(byte[] values) {
        int columns = mean.length;
        long[] sum = new long[columns];
        long[] squares = new long[columns];
        int[] low = new int[columns];
        int[] high = new int[columns];
        Arrays.fill(low, 255);
        for (int first = 0; first < rows; first += ROWS_PER_BLOCK) {
            int[] blockSum = new int[columns];
            int[] blockSquares = new int[columns];
            int end = Math.min(rows - first, ROWS_PER_BLOCK) + first;
            for (int row = first; row < end; row++) {
                int start = row * columns;
                for (int c = 0; c < columns; c++) {
                    int value = values[start + c] & 0xff;
                    blockSum[c] += value;
                    blockSquares[c] += value * value;
                    low[c] = Math.min(low[c], value);
                    high[c] = Math.max(high[c], value);
                }
            }
            for (int c = 0; c < columns; c++) {
                sum[c] += blockSum[c];
                squares[c] += blockSquares[c];
            }
        }
        BigInteger n = BigInteger.valueOf(rows);
        for (int c = 0; c < columns; c++) {
            min[c] = low[c];
            max[c] = high[c];
            mean[c] = (double) sum[c] / rows;
            BigInteger total = BigInteger.valueOf(sum[c]);
            BigInteger scaled = n.multiply(BigInteger.valueOf(squares[c])).subtract(total.multiply(total));
            variance[c] = scaled.doubleValue() / rows / rows;
        }
    }

    double mean(int column) {
        return mean[column];
    }

    double variance(int column) {
        return variance[column];
    }

    float min(int column) {
        return min[column];
    }

    float max(int column) {
        return max[column];
    }
}
