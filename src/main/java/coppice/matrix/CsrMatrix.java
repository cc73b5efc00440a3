package coppice.matrix;

/** A sparse matrix: a pattern and one value for each of its connections, in CSR order. */
public final class CsrMatrix implements Matrix {
    private final CsrPattern pattern;
    private final float[] values;

    /**
     * Adopts {@code values} without copying.
     *
     * @param pattern which cells are present
     * @param values one value a connection, in CSR order
     */
    public CsrMatrix(CsrPattern pattern, float[] values) {
        if (values.length != pattern.connections()) {
            throw new IllegalArgumentException(
                    "a pattern of " + pattern.connections() + " connections got " + values.length + " values");
        }
        this.pattern = pattern;
        this.values = values;
    }

    @Override
    public int rows() {
        return pattern.rows();
    }

    @Override
    public int columns() {
        return pattern.columns();
    }

    /** Which cells are present. */
    public CsrPattern pattern() {
        return pattern;
    }

    /** The values themselves in CSR order, not a copy. */
    public float[] values() {
        return values;
    }
}
