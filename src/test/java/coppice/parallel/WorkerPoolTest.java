package coppice.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each index runs exactly once, whatever the number of threads, and a failed job leaves the pool whole. */
@Timeout(60)
class WorkerPoolTest {
    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 2, 3, 7})
    void runsEachIndexExactlyOnce(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            assertEquals(threads, pool.threads());
            for (int tasks : new int[] {0, 1, 2, 3, 6, 7, 8, 100, 10_000}) {
                AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                pool.run(tasks, runs::incrementAndGet);
                for (int i = 0; i < tasks; i++) {
                    assertEquals(1, runs.get(i));
                }
            }
        }
    }

    /** Plain writes of one job must be seen after it and by the next; a lost or doubled task shows as a wrong sum. */
    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 2, 3, 7})
    void manyTinyJobsInARowSeeEachOther(int threads) {
        int jobs = 20_000 / threads / (threads > 2 ? 2 : 1);
        int[] cells = new int[12];
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int job = 0; job < jobs; job++) {
                int shift = job;
                pool.run(cells.length, i -> cells[(i + shift) % cells.length]++);
            }
        }
        for (int cell : cells) {
            assertEquals(jobs, cell);
        }
    }

    @Test
    void severalThreadsTakePart() throws InterruptedException {
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        try (WorkerPool pool = new WorkerPool(3)) {
            CountDownLatch all = new CountDownLatch(3);
            pool.run(3, i -> {
                seen.add(Thread.currentThread());
                all.countDown();
                awaitQuietly(all); // ends only when three threads are here at once
            });
        }
        assertEquals(3, seen.size());
        assertTrue(seen.contains(Thread.currentThread()));
    }

    /** What a thread wrote in one short job must be its own again in the next. */
    @Test
    void shortJobsGiveEachThreadTheTaskOfItsNumber() {
        try (WorkerPool pool = new WorkerPool(3)) {
            Thread[] first = new Thread[3];
            pool.run(3, i -> first[i] = Thread.currentThread());
            assertSame(Thread.currentThread(), first[0]);
            assertEquals(3, Set.of(first).size());
            for (int job = 0; job < 1_000; job++) {
                int tasks = 2 + job % 2;
                pool.run(tasks, i -> assertSame(first[i], Thread.currentThread()));
            }
        }
    }

    @Test
    void wakesParkedWorkers() throws InterruptedException {
        try (WorkerPool pool = new WorkerPool(2)) {
            for (int round = 0; round < 5; round++) {
                Thread.sleep(20); // long past the spinning
                CountDownLatch both = new CountDownLatch(2);
                pool.run(2, i -> {
                    both.countDown();
                    awaitQuietly(both);
                });
            }
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 2, 3, 7})
    void aFailureIsThrownAfterTheOthersHaveEnded(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            for (int round = 0; round < 40; round++) {
                RuntimeException failure = new IllegalStateException("task 3");
                AtomicInteger begun = new AtomicInteger();
                AtomicInteger ended = new AtomicInteger();
                RuntimeException thrown = assertThrows(
                        RuntimeException.class,
                        () -> pool.run(20, i -> {
                            begun.incrementAndGet();
                            try {
                                if (i == 3) {
                                    throw failure;
                                }
                            } finally {
                                ended.incrementAndGet();
                            }
                        }));
                assertSame(failure, thrown);
                assertEquals(begun.get(), ended.get());

                AtomicInteger sum = new AtomicInteger();
                pool.run(20, i -> sum.addAndGet(i));
                assertEquals(190, sum.get());
            }
        }
    }

    @ParameterizedTest(name = "{0} threads")
    @ValueSource(ints = {1, 3})
    void anErrorIsThrownAsItIs(int threads) {
        try (WorkerPool pool = new WorkerPool(threads)) {
            AssertionError error = new AssertionError("each task");
            Error thrown = assertThrows(
                    AssertionError.class,
                    () -> pool.run(50, i -> {
                        throw error;
                    }));
            assertSame(error, thrown);
        }
    }

    @Test
    void closeEndsTheThreads() throws InterruptedException {
        Set<Thread> workers = ConcurrentHashMap.newKeySet();
        WorkerPool pool = new WorkerPool(3);
        CountDownLatch all = new CountDownLatch(3);
        pool.run(3, i -> {
            workers.add(Thread.currentThread());
            all.countDown();
            awaitQuietly(all);
        });
        workers.remove(Thread.currentThread());
        assertEquals(2, workers.size());
        Thread.sleep(5); // some spin, some are parked
        pool.close();
        for (Thread worker : workers) {
            assertTrue(worker.isDaemon());
            worker.join(10_000);
            assertFalse(worker.isAlive());
        }
        assertThrows(IllegalStateException.class, () -> pool.run(4, i -> {}));
    }

    @Test
    void needsAThread() {
        assertEquals(
                "threads must be at least 1 but was 0",
                assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0))
                        .getMessage());
    }
}
