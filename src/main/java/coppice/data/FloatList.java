package coppice.data;

import java.util.Arrays;

/** A growing array of floats. */
final class FloatList {
    private float[] values = new float[1024];
    private int size;

    void add(float value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, Capacity.grown(size));
        }
        values[size++] = value;
    }

    int size() {
        return size;
    }

    float[] toArray() {
        return size == values.length ? values : Arrays.copyOf(values, size);
    }
}
