package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.random.RandomStream;
import coppice.random.Stream;

/**
 * Draws empty cells of a matrix that is or becomes more than half full.
 *
 * <p>There the empty cells are fewer than twice the connections, so one bit for each and one walk over all cells is
 * O(connections).
 */
final class RankDraw {
    private RankDraw() {}

    static CsrPattern draw(CsrPattern kept, int count, RandomKey key) {
        long empty = kept.cells() - kept.connections();
        boolean chooseLeftOut = count > empty / 2;
        long[] chosen = chooseRanks(empty, chooseLeftOut ? empty - count : count, key);
        int[] rowOffsets = new int[kept.rows() + 1];
        int[] columnIndices = new int[count];
        int grown = 0;
        long rank = 0;
        for (int row = 0; row < kept.rows(); row++) {
            int k = kept.rowOffsets()[row];
            int end = kept.rowOffsets()[row + 1];
            for (int column = 0; column < kept.columns(); column++) {
                if (k < end && kept.columnIndices()[k] == column) {
                    k++;
                } else {
                    boolean bit = (chosen[(int) (rank >>> 6)] >>> rank & 1) != 0;
                    rank++;
                    if (bit != chooseLeftOut) {
                        columnIndices[grown++] = column;
                    }
                }
            }
            rowOffsets[row + 1] = grown;
        }
        return new CsrPattern(kept.rows(), kept.columns(), rowOffsets, columnIndices);
    }

    /** A bit an empty cell, {@code count} of them set; {@code count} is at most half of {@code empty}. */
    private static long[] chooseRanks(long empty, long count, RandomKey key) {
        long[] words = new long[Math.toIntExact((empty + 63) >>> 6)];
        RandomStream random = key.stream(Stream.GROW);
        long left = count;
        while (left > 0) {
            long rank = random.nextLong(empty);
            long bit = 1L << rank;
            int word = (int) (rank >>> 6);
            if ((words[word] & bit) == 0) {
                words[word] |= bit;
                left--;
            }
        }
        return words;
    }
}
