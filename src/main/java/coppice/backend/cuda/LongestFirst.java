package coppice.backend.cuda;

/** Puts rows with many connections first, so that a launch does not end with a few warps at work on long rows. */
final class LongestFirst {
    private static final int MOST = 1 << 16; // longer rows count as this long

    private LongestFirst() {}

    /**
     * Sorts rows by length, falling; rows of one length stay in their order. O(rows).
     *
     * @param offsets where each row begins, (rows + 1)
     * @return the rows, longest first, (rows)
     */
    static int[] order(int[] offsets) {
        int rows = offsets.length - 1;
        int longest = 0;
        for (int row = 0; row < rows; row++) {
            longest = Math.max(longest, length(offsets, row));
        }
        int[] next = new int[longest + 2]; // by how much shorter than the longest; where the next such row goes
        for (int row = 0; row < rows; row++) {
            next[longest - length(offsets, row) + 1]++;
        }
        for (int shorter = 0; shorter < longest; shorter++) {
            next[shorter + 1] += next[shorter];
        }
        int[] order = new int[rows];
        for (int row = 0; row < rows; row++) {
            order[next[longest - length(offsets, row)]++] = row;
        }
        return order;
    }

    private static int length(int[] offsets, int row) {
        return Math.min(offsets[row + 1] - offsets[row], MOST);
    }
}
