package coppice.backend.cpu;

import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;

/** Shares the rows of an operation out over the threads of a pool. */
final class RowTasks {
    private static final int TASKS_PER_THREAD = 8; // more cost more than the threads' wait for the last one

    /** Multiplications a thread must have for handing a job to it to pay. */
    private static final long SHARE = 5_000;

    /** Multiplications a thread up to which its range of a job is always the same, which keeps it in its cache. */
    private static final long FIXED = 1 << 18;

    /** Multiplications of a task, where a thread alone takes several to keep what they write in the cache. */
    private static final long TASK = 1 << 19;

    private final WorkerPool pool;

    RowTasks(WorkerPool pool) {
        this.pool = pool;
    }

    /** What is done for the rows [from, to). */
    @FunctionalInterface
    interface Range {
        void run(int from, int to);
    }

    /** What is done in a part of an operation for the rows [from, to). */
    @FunctionalInterface
    interface PartOfRange {
        void run(int part, int from, int to);
    }

    /** Runs ranges of rows of about equal connections; {@code batch} products a connection. */
    void runByConnections(int[] offsets, int batch, Range body) {
        runByConnections(offsets, batch, 1, (part, from, to) -> body.run(from, to));
    }

    /** As {@link #runByConnections(int[], int, Range)}, all ranges of a part before those of the next one. */
    void runByConnections(int[] offsets, int batch, int parts, PartOfRange body) {
        int rows = offsets.length - 1;
        int tasks = tasks(rows, (long) offsets[rows] * batch);
        pool.run(parts * tasks, task -> {
            int range = task % tasks;
            int from = Ranges.startByConnections(offsets, 8, range, tasks);
            int to = Ranges.startByConnections(offsets, 8, range + 1, tasks);
            if (from < to) {
                body.run(task / tasks, from, to);
            }
        });
    }

    /** Whether a job of these products is so short that no thread has more than one range of it. */
    boolean oneRangeEach(int[] offsets, int batch) {
        return isShort((long) offsets[offsets.length - 1] * batch);
    }

    /** As {@link #runByConnections(int[], int, Range)} for such a job; a range's part is its thread's number. */
    void runOneRangeEach(int[] offsets, int batch, PartOfRange body) {
        int tasks = tasks(offsets.length - 1, (long) offsets[offsets.length - 1] * batch);
        pool.run(
                tasks,
                thread -> body.run(
                        thread,
                        Ranges.startByConnections(offsets, 8, thread, tasks),
                        Ranges.startByConnections(offsets, 8, thread + 1, tasks)));
    }

    /** Number of threads. */
    int threads() {
        return pool.threads();
    }

    /** Runs ranges of rows of about equal length; {@code batch} elements a row. */
    void run(int rows, int batch, Range body) {
        int tasks = tasks(rows, (long) rows * batch);
        pool.run(tasks, task -> body.run(Ranges.start(rows, task, tasks), Ranges.start(rows, task + 1, tasks)));
    }

    /** Runs ranges of rows that begin at multiples of {@code unit}. */
    void runByUnits(int rows, int unit, Range body) {
        int tasks = tasks(rows);
        pool.run(
                tasks,
                task -> body.run(Ranges.start(rows, task, tasks, unit), Ranges.start(rows, task + 1, tasks, unit)));
    }

    /** Whether every thread gets some ranges of at least {@code unit} rows. */
    boolean enough(int rows, int unit) {
        return rows >= unit * TASKS_PER_THREAD * pool.threads();
    }

    private int tasks(int rows, long products) {
        int threads = pool.threads();
        if (threads == 1) {
            return (int) Math.min(tasks(rows), 1 + products / TASK);
        }
        if (isShort(products)) {
            return (int) Math.max(1, Math.min(Math.min(threads, rows), products / SHARE));
        }
        return tasks(rows);
    }

    private boolean isShort(long products) {
        return pool.threads() > 1 && products < pool.threads() * FIXED;
    }

    private int tasks(int rows) {
        return Math.max(1, Math.min(rows / 4, TASKS_PER_THREAD * pool.threads()));
    }
}
