package coppice.backend.cpu;

import coppice.backend.Tensor;

/** A tensor in a Java array. */
public final class CpuTensor implements Tensor {
    /**
     * Index of the first element: 48 bytes, which with the array's 16-byte header makes 64, a cache line. With objects
     * aligned to 64 bytes no vector load then straddles two lines, which doubles the speed of the sparse kernels.
     */
    public static final int BASE = 12;

    /** Floats after the last row, so that whole groups of 32 columns can be read where a row ends with half a one. */
    private static final int SLACK = 16;

    private final int rows;
    private final int columns;
    private final int stride;
    private final float[] data;

    private CpuTensor(int rows, int columns, int stride) {
        long size = (long) rows * stride + BASE + SLACK;
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a tensor of " + rows + " x " + columns + " is past 2^31 - 37 elements");
        }
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
        this.data = new float[(int) size];
    }

    /** A tensor without padding. */
    static CpuTensor packed(int rows, int columns) {
        return new CpuTensor(rows, columns, columns);
    }

    /** An activation tensor: rows padded to a multiple of 16 floats, of 4 for batches of one or two. */
    static CpuTensor activations(int neurons, int batch) {
        int unit = batch < 3 ? 4 : 16;
        return new CpuTensor(neurons, batch, Math.addExact(batch, unit - 1) / unit * unit);
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int columns() {
        return columns;
    }

    /** Distance between rows in the array. */
    public int stride() {
        return stride;
    }

    /** The array; element (row, column) is at {@code at(row) + column}. */
    public float[] data() {
        return data;
    }

    /** Index of a row's first element. */
    public int at(int row) {
        return BASE + row * stride;
    }

    /**
     * How many columns a kernel that works in whole groups touches for a batch: never past the rows of either tensor.
     */
    public static int paddedBatch(int batch, CpuTensor a, CpuTensor b) {
        int unit = columnGroup(a, b);
        return (batch + unit - 1) / unit * unit;
    }

    /** How many columns kernels may take at once from both tensors: 16, or 4 where one is narrow. */
    public static int columnGroup(CpuTensor a, CpuTensor b) {
        return isNarrow(a, b) ? 4 : 16;
    }

    /** Whether one of two tensors has rows without room for whole vectors, as those made for small batches. */
    public static boolean isNarrow(CpuTensor a, CpuTensor b) {
        return a.isNarrow() || b.isNarrow();
    }

    /** Whether rows have no room for whole vectors. */
    public boolean isNarrow() {
        return stride % 16 != 0;
    }

    void write(float[] values) {
        if (values.length != (long) rows * columns) {
            throw new IllegalArgumentException(
                    "a tensor of " + rows + " x " + columns + " cannot take " + values.length + " values");
        }
        for (int row = 0; row < rows; row++) {
            System.arraycopy(values, row * columns, data, at(row), columns);
        }
    }

    float[] read() {
        float[] values = new float[Math.multiplyExact(rows, columns)];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(data, at(row), values, row * columns, columns);
        }
        return values;
    }
}
