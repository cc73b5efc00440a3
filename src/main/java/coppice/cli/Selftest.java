package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.parallel.WorkerPool;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How a backend compares with the plain-Java one, bit for bit or within a tolerance.
 *
 * @param tolerance how far a number may be from the plain one, over the greatest magnitude among those that the same
 *     operation left; 0 for the same bits
 * @param operations what was compared, by name
 * @param firstDifference in words; null if there is none
 */
record Selftest(
        double tolerance,
        List<Operation> operations,
        @Nullable String firstDifference) {
    /**
     * For products by NVIDIA's libraries. Sums of up to 256 terms near one lie 1e-6 apart at most; several steps of
     * training add to that.
     */
    static final double CLOSE = 1e-4;

    /**
     * One line of the table.
     *
     * @param name of the operation
     * @param cases networks it was part of
     * @param different those in which a number differed
     */
    record Operation(String name, int cases, int different) {}

    /** Runs the cases on the backend and beside it in plain Java, a case that is only close twice if need be. */
    static Selftest of(Backend backend, List<SelftestCase> cases, double tolerance) {
        Tally tally = new Tally(tolerance);
        try (WorkerPool pool = new WorkerPool(1);
                CpuBackend plain = new CpuBackend(KernelSet.plain(), pool)) {
            for (SelftestCase shape : cases) {
                List<SelftestRun.Result> expected = SelftestRun.of(plain, shape);
                List<SelftestRun.Result> actual = SelftestRun.of(backend, shape);
                if (tolerance > 0 && tally.differ(expected, actual)) {
                    // A sum within its error of an activation's knee may fall on its other side. That is rare, so that
                    // it does not happen twice; a fault does.
                    SelftestCase again = shape.redrawn();
                    tally.add(again, SelftestRun.of(plain, again), SelftestRun.of(backend, again));
                } else {
                    tally.add(shape, expected, actual);
                }
            }
        }
        List<Operation> operations = tally.counts.entrySet().stream()
                .map(entry -> new Operation(entry.getKey(), entry.getValue()[0], entry.getValue()[1]))
                .toList();
        return new Selftest(tolerance, operations, tally.firstDifference);
    }

    boolean passed() {
        return firstDifference == null;
    }

    /** Counts as it goes. */
    private static final class Tally {
        private final double tolerance;

        /** For each operation the number of cases and of those that differ. */
        final Map<String, int[]> counts = new TreeMap<>();

        @Nullable
        String firstDifference;

        Tally(double tolerance) {
            this.tolerance = tolerance;
        }

        void add(SelftestCase shape, List<SelftestRun.Result> expected, List<SelftestRun.Result> actual) {
            Map<String, Boolean> same = new LinkedHashMap<>();
            for (int i = 0; i < expected.size(); i++) {
                SelftestRun.Result left = expected.get(i);
                SelftestRun.Result right = actual.get(i);
                int at = difference(left.values, right.values);
                same.merge(left.operation, at < 0, Boolean::logicalAnd);
                if (at >= 0 && firstDifference == null) {
                    firstDifference = describe(left, right, at) + " (" + shape + ")";
                }
            }
            same.forEach((operation, equal) -> {
                int[] count = counts.computeIfAbsent(operation, name -> new int[2]);
                count[0]++;
                count[1] += equal ? 0 : 1;
            });
        }

        boolean differ(List<SelftestRun.Result> expected, List<SelftestRun.Result> actual) {
            for (int i = 0; i < expected.size(); i++) {
                if (difference(expected.get(i).values, actual.get(i).values) >= 0) {
                    return true;
                }
            }
            return false;
        }

        /** Index of the first difference; -1 for none. */
        private int difference(float[] expected, float[] actual) {
            if (tolerance == 0 || expected.length != actual.length) {
                // mismatch tells -0 from 0 and takes all NaNs for one: their payloads are no part of the contract
                return Arrays.mismatch(expected, actual);
            }
            double greatest = 0;
            for (float value : expected) {
                greatest = Float.isFinite(value) ? Math.max(greatest, Math.abs(value)) : greatest;
            }
            for (int i = 0; i < expected.length; i++) {
                boolean same = Float.compare(expected[i], actual[i]) == 0;
                if (!same && !(Math.abs((double) expected[i] - actual[i]) <= tolerance * greatest)) {
                    return i;
                }
            }
            return -1;
        }

        private static String describe(SelftestRun.Result left, SelftestRun.Result right, int at) {
            String start = left.operation + ": ";
            if (at >= Math.min(left.values.length, right.values.length)) {
                return start + right.values.length + " " + left.what + " in place of " + left.values.length;
            }
            return start + "element " + at + " of " + left.what + " is " + right.values[at] + " in place of "
                    + left.values[at];
        }
    }
}
