package coppice.matrix;

/** Checks of matrix shapes. */
final class Shapes {
    private Shapes() {}

    static void requireSize(int rows, int columns) {
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("matrix shape must not be negative but was " + rows + " x " + columns);
        }
    }

    static void requireLength(int rows, int columns, int length) {
        requireSize(rows, columns);
        if ((long) rows * columns != length) {
            throw new IllegalArgumentException("a " + rows + " x " + columns + " matrix needs " + (long) rows * columns
                    + " values but got " + length);
        }
    }
}
