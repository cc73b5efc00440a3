package coppice.report;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis of a chart: its range and where its ticks are.
 *
 * @param label what it shows, with its unit
 * @param low the value at its start
 * @param high the value at its end, above {@code low}
 * @param logarithmic whether equal distances are equal ratios
 * @param ticks in rising order, within the range
 */
record Axis(String label, double low, double high, boolean logarithmic, List<Tick> ticks) {
    private static final int TICKS = 5; // about so many
    private static final int DECADES = 6; // at most so many labelled

    /**
     * A marked value.
     *
     * @param value where it is
     * @param label its number
     */
    record Tick(double value, String label) {}

    /** A linear axis over a range, widened to ticks on both sides. */
    static Axis linear(String label, Range range) {
        return linear(label, range, 0, true);
    }

    /** An axis of whole numbers that ends where the range ends. */
    static Axis whole(String label, Range range) {
        return linear(label, range, 1, false);
    }

    private static Axis linear(String label, Range range, double leastStep, boolean widen) {
        double low = range.isEmpty() ? 0 : range.low();
        double high = range.isEmpty() ? 1 : range.high();
        if (high - low <= 1e-12 * Math.max(Math.abs(low), Math.abs(high))) {
            double margin = Math.max(leastStep / 2, low == 0 ? 0.5 : Math.abs(low) * 0.05);
            low -= margin;
            high += margin;
        }
        double step = Math.max(leastStep, step((high - low) / TICKS));
        if (widen) {
            low = Math.floor(low / step + 1e-9) * step;
            high = Math.ceil(high / step - 1e-9) * step;
        }
        List<Tick> ticks = new ArrayList<>();
        double greatest = Math.max(Math.abs(low), Math.abs(high));
        for (double k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
            ticks.add(new Tick(k * step, Figure.tick(k * step, step, greatest)));
        }
        return new Axis(label, low, high, false, ticks);
    }

    /** 1, 2 or 5 times a power of ten, at least {@code least}. */
    private static double step(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (int factor : new int[] {1, 2, 5}) {
            if (factor * power >= least * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** A logarithmic axis over a range of values above 0. */
    static Axis logarithmic(String label, Range range) {
        double least = range.isEmpty() ? 1 : range.low();
        double greatest = range.isEmpty() ? 10 : range.high();
        List<Double> marks = new ArrayList<>();
        int first = (int) Math.floor(Math.log10(least) + 1e-9);
        int last = (int) Math.ceil(Math.log10(greatest) - 1e-9);
        int stride = Math.max(1, (last - first + DECADES - 1) / DECADES);
        boolean few = last - first <= 2;
        for (int decade = first; decade <= last; decade += few ? 1 : stride) {
            for (int factor : few ? new int[] {1, 2, 5} : new int[] {1}) {
                marks.add(factor * Math.pow(10, decade));
            }
        }
        double low = marks.stream()
                .filter(mark -> mark <= least * (1 + 1e-9))
                .reduce((a, b) -> b)
                .orElse(least);
        double high = marks.stream()
                .filter(mark -> mark >= greatest * (1 - 1e-9) && mark > low)
                .findFirst()
                .orElse(Math.max(greatest, 2 * low));
        List<Tick> ticks = marks.stream()
                .filter(mark -> mark >= low && mark <= high)
                .map(mark -> new Tick(mark, mark >= 1 ? Figure.tick(mark, mark, mark) : Figure.of(mark, 1)))
                .toList();
        return new Axis(label, low, high, true, ticks);
    }

    /** Where a value is, from 0 at the start to 1 at the end; values outside lie at the nearer end. */
    double at(double value) {
        double share = logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
        return Math.max(0, Math.min(1, share));
    }
}
