package coppice.data;

import java.util.Arrays;

/** A growing array of ints. */
final class IntList {
    private int[] values = new int[1024];
    private int size;

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, Capacity.grown(size));
        }
        values[size++] = value;
    }

    int size() {
        return size;
    }

    int[] toArray() {
        return size == values.length ? values : Arrays.copyOf(values, size);
    }
}
