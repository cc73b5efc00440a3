package coppice.matrix;

/** A matrix on the host in one of the three storage forms that data sets come in. */
public sealed interface Matrix permits DenseMatrix, ByteMatrix, CsrMatrix {
    /** Number of rows. */
    int rows();

    /** Number of columns. */
    int columns();
}
