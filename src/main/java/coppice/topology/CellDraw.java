package coppice.topology;

import coppice.matrix.CsrPattern;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Arrays;

/**
 * Draws distinct empty cells of a matrix that stays at most half full, in O(connections) time and memory.
 *
 * <p>Draw number i is a uniformly random cell, a pure function of the key and i. The cells taken are those of the first
 * {@code count} draws that hit an empty cell not drawn before: a uniform choice without replacement. Which they are
 * does not depend on threads, nor on how many draws are made at once: draws are dealt to blocks of rows, each row is
 * sorted and compared with the connections that stay, and the draw numbers then tell where to stop.
 */
final class CellDraw {
    private static final int BLOCKS = 256;

    private final CsrPattern kept;
    private final RandomKey key;
    private final WorkerPool pool;
    private final int blocks;
    private final int parts;

    // Draws dealt to blocks of rows; after settle() each block begins with its accepted draws by row and column.
    private int[] blockStarts = new int[0]; // (blocks + 1)
    private int[] drawRows = new int[0];
    private long[] drawColumns = new long[0]; // column << 32 | draw number
    private int[] acceptedInBlock = new int[0];
    private byte[] accepted = new byte[0]; // by draw number

    CellDraw(CsrPattern kept, RandomKey key, WorkerPool pool) {
        this.kept = kept;
        this.key = key;
        this.pool = pool;
        this.blocks = Math.max(1, Math.min(BLOCKS, kept.rows()));
        this.parts = 4 * pool.threads();
    }

    /** Exactly {@code count} new cells. */
    CsrPattern distinct(int count) {
        double emptyAtEnd = 1 - (kept.connections() + (double) count) / Math.max(1, kept.cells());
        double expected = count / emptyAtEnd;
        long draws = count == 0 ? 0 : (long) (expected + 6 * Math.sqrt(expected)) + 64;
        while (true) {
            int last = draw(draws, count);
            if (last >= 0) {
                return collect(last);
            }
            draws *= 2;
        }
    }

    /** The distinct empty cells among exactly {@code draws} draws: the reference programs' first topology. */
    CsrPattern withReplacement(int draws) {
        draw(draws, 0);
        return collect(draws);
    }

    /** Makes the draws; returns the number after the draw that completes {@code count}, or -1 if too few hit. */
    private int draw(long draws, int count) {
        if (draws > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("a layer of " + kept.rows() + " x " + kept.columns()
                    + " cells cannot take " + count + " more connections: too many draws");
        }
        deal((int) draws);
        accepted = new byte[(int) draws];
        acceptedInBlock = new int[blocks];
        pool.run(blocks, this::settle);
        return endOfDraws(count);
    }

    private int block(int row) {
        return (int) ((long) row * blocks / kept.rows());
    }

    private int firstRow(int block) {
        return (int) (((long) block * kept.rows() + blocks - 1) / blocks);
    }

    /** Deals the draws to blocks of rows, each block's in the order of their numbers. */
    private void deal(int draws) {
        int[][] counts = new int[parts][blocks];
        pool.run(parts, part -> forDraws(draws, part, (row, column, number) -> counts[part][block(row)]++));
        blockStarts = new int[blocks + 1];
        int at = 0;
        for (int block = 0; block < blocks; block++) {
            blockStarts[block] = at;
            for (int part = 0; part < parts; part++) {
                int size = counts[part][block];
                counts[part][block] = at;
                at += size;
            }
        }
        blockStarts[blocks] = at;
        drawRows = new int[at];
        drawColumns = new long[at];
        pool.run(
                parts,
                part -> forDraws(draws, part, (row, column, number) -> {
                    int slot = counts[part][block(row)]++;
                    drawRows[slot] = row;
                    drawColumns[slot] = (long) column << 32 | number;
                }));
    }

    @FunctionalInterface
    private interface DrawConsumer {
        void accept(int row, int column, int number);
    }

    /** Visits the draws of one part; each Philox block makes two. A draw that would bias the choice hits no cell. */
    private void forDraws(int draws, int part, DrawConsumer consumer) {
        int purpose = Philox.purposeWord(Stream.GROW, key.layer());
        int[] words = new int[4];
        long rows = kept.rows();
        long columns = kept.columns();
        long rowBias = (1L << 32) % rows; // Lemire 2019: products with a lower low word are over-represented
        long columnBias = (1L << 32) % columns;
        int end = Ranges.start(draws, part + 1, parts, 2);
        for (int number = Ranges.start(draws, part, parts, 2); number < end; number++) {
            if ((number & 1) == 0) {
                Philox.block(key.seed(), number >>> 1, 0, key.evolution(), purpose, words, 0);
            }
            int w = (number & 1) << 1;
            long row = (words[w] & 0xFFFFFFFFL) * rows;
            long column = (words[w + 1] & 0xFFFFFFFFL) * columns;
            if ((row & 0xFFFFFFFFL) >= rowBias && (column & 0xFFFFFFFFL) >= columnBias) {
                consumer.accept((int) (row >>> 32), (int) (column >>> 32), number);
            }
        }
    }

    /** Finds the draws of a block that hit an empty cell first, and moves them to the block's front. */
    private void settle(int block) {
        int start = blockStarts[block];
        int end = blockStarts[block + 1];
        int firstRow = firstRow(block);
        int rows = firstRow(block + 1) - firstRow;
        int[] offsets = new int[rows + 1];
        for (int i = start; i < end; i++) {
            offsets[drawRows[i] - firstRow + 1]++;
        }
        for (int row = 0; row < rows; row++) {
            offsets[row + 1] += offsets[row];
        }
        long[] byRow = new long[end - start];
        int[] next = offsets.clone();
        for (int i = start; i < end; i++) {
            byRow[next[drawRows[i] - firstRow]++] = drawColumns[i];
        }
        int at = start;
        for (int row = 0; row < rows; row++) {
            Arrays.sort(byRow, offsets[row], offsets[row + 1]);
            at = settleRow(firstRow + row, byRow, offsets[row], offsets[row + 1], at);
        }
        acceptedInBlock[block] = at - start;
    }

    /** Takes the first draw of each column that is empty in the row; {@code draws} rise by column, then number. */
    private int settleRow(int row, long[] draws, int from, int to, int at) {
        int[] columnIndices = kept.columnIndices();
        int k = kept.rowOffsets()[row];
        int rowEnd = kept.rowOffsets()[row + 1];
        int previous = -1;
        for (int i = from; i < to; i++) {
            int column = (int) (draws[i] >>> 32);
            while (k < rowEnd && columnIndices[k] < column) {
                k++;
            }
            boolean occupied = k < rowEnd && columnIndices[k] == column;
            if (column != previous && !occupied) {
                drawRows[at] = row;
                drawColumns[at] = draws[i];
                accepted[(int) draws[i]] = 1;
                at++;
            }
            previous = column;
        }
        return at;
    }

    private int endOfDraws(int count) {
        int missing = count;
        for (int number = 0; number < accepted.length && missing > 0; number++) {
            missing -= accepted[number];
            if (missing == 0) {
                return number + 1;
            }
        }
        return missing == 0 ? 0 : -1;
    }

    /** The accepted draws with numbers under {@code end}, as a pattern. */
    private CsrPattern collect(int end) {
        int[] rowOffsets = new int[kept.rows() + 1];
        pool.run(blocks, block -> {
            for (int i = blockStarts[block]; i < blockStarts[block] + acceptedInBlock[block]; i++) {
                if ((int) drawColumns[i] < end) {
                    rowOffsets[drawRows[i] + 1]++;
                }
            }
        });
        for (int row = 0; row < kept.rows(); row++) {
            rowOffsets[row + 1] += rowOffsets[row];
        }
        int[] columnIndices = new int[rowOffsets[kept.rows()]];
        pool.run(blocks, block -> {
            int at = rowOffsets[firstRow(block)];
            for (int i = blockStarts[block]; i < blockStarts[block] + acceptedInBlock[block]; i++) {
                if ((int) drawColumns[i] < end) {
                    columnIndices[at++] = (int) (drawColumns[i] >>> 32);
                }
            }
        });
        return new CsrPattern(kept.rows(), kept.columns(), rowOffsets, columnIndices);
    }
}
