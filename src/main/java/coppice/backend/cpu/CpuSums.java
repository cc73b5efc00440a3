package coppice.backend.cpu;

import coppice.backend.Sums;

/** Sums in a Java array. */
final class CpuSums implements Sums {
    private final double[] values;

    CpuSums(int columns) {
        this.values = new double[columns];
    }

    double[] values() {
        return values;
    }

    @Override
    public int columns() {
        return values.length;
    }
}
