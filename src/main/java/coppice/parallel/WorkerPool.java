package coppice.parallel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed set of threads that run the tasks 0 to n - 1 of one job at a time.
 *
 * <p>Made for jobs of some tens of microseconds: workers spin for a moment before they park, and handing out a job
 * allocates nothing. One thread at a time may call {@link #run}; the caller works too, so a pool of one thread starts
 * none. A job of no more tasks than threads gives each thread the task of its number, so that what a thread wrote in
 * one job is in its core's cache in the next; of longer jobs each takes what is left.
 */
public final class WorkerPool implements AutoCloseable {
    /** The body of a job. */
    @FunctionalInterface
    public interface Task {
        /** Runs the task of an index; called once for each index. */
        void run(int index);
    }

    private static final int SPINS = 4000;

    private final Thread[] workers;
    private final AtomicInteger nextIndex = new AtomicInteger();
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile int job;
    private volatile boolean closed;
    private @Nullable Task task; // published by the write of job
    private int tasks;

    /**
     * Starts {@code threads - 1} daemon threads.
     *
     * @param threads at least 1
     */
    public WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1 but was " + threads);
        }
        workers = new Thread[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            int thread = i + 1;
            workers[i] = new Thread(() -> work(thread), "coppice-worker-" + thread);
            workers[i].setDaemon(true);
            workers[i].start();
        }
    }

    /** Number of threads, the caller's included. */
    public int threads() {
        return workers.length + 1;
    }

    /**
     * Runs {@code body} for every index in [0, tasks) and returns when all have ended.
     *
     * <p>The first exception or error of a task is thrown here, after those that had begun have ended; the rest are not
     * begun. Must not be called from within a task.
     */
    public void run(int tasks, Task body) {
        if (closed) {
            throw new IllegalStateException("the pool is closed");
        }
        if (workers.length == 0 || tasks <= 1) {
            for (int i = 0; i < tasks; i++) {
                body.run(i);
            }
            return;
        }
        handOut(body, tasks);
        takeTasks(body, tasks, 0);
        awaitWorkers();
        this.task = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof RuntimeException e) {
            throw e;
        } else if (thrown instanceof Error e) {
            throw e;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the one thread that calls run writes job
    private void handOut(Task body, int count) {
        task = body;
        tasks = count;
        nextIndex.set(0);
        unfinished.set(workers.length);
        job++;
        for (Thread worker : workers) {
            LockSupport.unpark(worker); // costs little when the worker spins
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // a worker without a core needs this one to end its task
    private void awaitWorkers() {
        for (int spin = 0; unfinished.get() > 0; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private void takeTasks(Task body, int count, int thread) {
        try {
            if (count <= threads()) {
                if (thread < count) {
                    body.run(thread);
                }
                return;
            }
            for (int i = nextIndex.getAndIncrement(); i < count; i = nextIndex.getAndIncrement()) {
                body.run(i);
            }
        } catch (RuntimeException | Error e) {
            failure.compareAndSet(null, e);
            nextIndex.set(count);
        }
    }

    private void work(int thread) {
        int done = 0;
        while (!closed) {
            for (int spin = 0; job == done && !closed; spin++) {
                if (spin < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (job != done) {
                done++;
                Task body = task;
                if (body != null) {
                    takeTasks(body, tasks, thread);
                }
                unfinished.decrementAndGet();
            }
        }
    }

    /** Ends the threads; no job may be running. */
    @Override
    public void close() {
        closed = true;
        for (Thread worker : workers) {
            LockSupport.unpark(worker);
        }
    }
}
