package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.parallel.WorkerPool;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class SelftestTest {
    @Test
    void theCpuHasNoDifference() {
        Cli run = Cli.run("selftest", "--backend", "cpu", "--quick");
        assertEquals(ExitCode.DONE, run.code(), run.err() + run.out());
        assertEquals("no difference", run.lastLine());
        for (String operation : List.of("sparse forward", "dense backward", "gather from csr", "rewire", "sddmm")) {
            assertTrue(
                    run.lines().stream().anyMatch(line -> line.matches(operation + " +[0-9]+  same bits")), operation);
        }
    }

    @Test
    void jsonSaysTheSame() {
        Cli run = Cli.run("selftest", "--quick", "--json", "--simd", "off");
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertEquals(true, run.json().get("passed"));
        assertNull(run.json().get("first_difference"));
        assertEquals("cpu", run.json().get("backend"));
    }

    @Test
    void namesTheFirstDifference() {
        Selftest result;
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend plain = new CpuBackend(KernelSet.plain(), pool)) {
            result = Selftest.of(
                    wrong(plain, Math::nextUp, 99), SelftestCase.all(true).subList(0, 2), 0);
        }
        assertFalse(result.passed());
        String difference = String.valueOf(result.firstDifference());
        assertTrue(difference.startsWith("rewire: element 0 of weights is "), difference);
    }

    @Test
    void whatIsOnlyCloseMayDifferOnce() {
        List<SelftestCase> cases = SelftestCase.all(true).subList(0, 2);
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend plain = new CpuBackend(KernelSet.plain(), pool)) {
            assertTrue(Selftest.of(wrong(plain, Math::nextUp, 99), cases, 1e-4).passed());
            assertTrue(Selftest.of(wrong(plain, w -> w + 1, 1), cases, 1e-4).passed());
            assertFalse(Selftest.of(wrong(plain, w -> w + 1, 99), cases, 1e-4).passed());
            assertFalse(Selftest.of(wrong(plain, w -> w + 1, 1), cases, 0).passed());
        }
    }

    /** The backend, with a weight changed by the first so many rewirings. */
    private static Backend wrong(Backend backend, UnaryOperator<Float> change, int times) {
        AtomicInteger left = new AtomicInteger(times);
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("rewire") && left.getAndDecrement() > 0) {
                        float[] values = (float[]) arguments[2];
                        values[0] = change.apply(values[0]);
                    }
                    try {
                        return method.invoke(backend, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void anUnknownBackendIsAUsageError() {
        assertEquals(ExitCode.USAGE, Cli.run("selftest", "--backend", "tpu").code());
    }
}
