package coppice.backend.cpu.vector;

/**
 * Which places of a window meet which pixels of the tensor that a product reads, along one axis.
 *
 * @param offsets where the taps of each output coordinate begin, and where those of the last one end
 * @param places in the window, rising
 * @param sources the coordinate that each place meets: from one place to the next there is, one further on in a
 *     convolution, one back in its transpose
 */
@SuppressWarnings("ArrayRecordComponent")
record Taps(int[] offsets, int[] places, int[] sources) {
    /** Of a convolution from {@code inputs} pixels to {@code positions}. */
    static Taps forward(int positions, int inputs, int kernel, int stride, int before) {
        Taps taps = new Taps(new int[positions + 1], new int[positions * kernel], new int[positions * kernel]);
        int count = 0;
        for (int position = 0; position < positions; position++) {
            for (int place = 0; place < kernel; place++) {
                int source = position * stride - before + place;
                if (source >= 0 && source < inputs) {
                    taps.set(count++, place, source);
                }
            }
            taps.offsets[position + 1] = count;
        }
        return taps;
    }

    /** Of its transpose, from positions to pixels. */
    static Taps backward(int positions, int inputs, int kernel, int stride, int before) {
        Taps taps = new Taps(new int[inputs + 1], new int[inputs * kernel], new int[inputs * kernel]);
        int count = 0;
        for (int pixel = 0; pixel < inputs; pixel++) {
            for (int place = 0; place < kernel; place++) {
                int from = pixel + before - place;
                if (from >= 0 && from % stride == 0 && from / stride < positions) {
                    taps.set(count++, place, from / stride);
                }
            }
            taps.offsets[pixel + 1] = count;
        }
        return taps;
    }

    private void set(int index, int place, int source) {
        places[index] = place;
        sources[index] = source;
    }

    /** Number of taps of an output coordinate. */
    int count(int output) {
        return offsets[output + 1] - offsets[output];
    }
}
