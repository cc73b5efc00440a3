package coppice.topology;

import coppice.matrix.CsrPattern;

/**
 * What two topologies of a layer have in common.
 *
 * @param kept connections of the first that the second has too
 * @param shareOfFirst these as a share of the first's connections; NaN where it has none
 * @param shareOfSecond and of the second's
 * @param byChance the share of the first's that a second would have whose connections are drawn at random: its density
 */
public record Overlap(long kept, double shareOfFirst, double shareOfSecond, double byChance) {
    /** Compares two patterns of the same size. */
    public static Overlap of(CsrPattern first, CsrPattern second) {
        if (first.rows() != second.rows() || first.columns() != second.columns()) {
            throw new IllegalArgumentException("patterns of " + first.rows() + " x " + first.columns() + " and "
                    + second.rows() + " x " + second.columns() + " do not compare");
        }
        long kept = 0;
        for (int row = 0; row < first.rows(); row++) {
            int i = first.rowOffsets()[row];
            int j = second.rowOffsets()[row];
            while (i < first.rowOffsets()[row + 1] && j < second.rowOffsets()[row + 1]) {
                int order = Integer.compare(first.columnIndices()[i], second.columnIndices()[j]);
                kept += order == 0 ? 1 : 0;
                i += order <= 0 ? 1 : 0;
                j += order >= 0 ? 1 : 0;
            }
        }
        return new Overlap(
                kept, (double) kept / first.connections(), (double) kept / second.connections(), second.density());
    }
}
