package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.DenseMatrix;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the numbers of an array lie in a file, and how they make features: one sample along the first axis, its features
 * along the others.
 *
 * <p>Images whose channels come last, as most Python programs store them, become channel by channel as everywhere here.
 */
final class ArrayLayout {
    private static final int MAX_CHANNELS = 4;

    private final SourceArray source;
    private final long[] extents;
    private final NumberType type;
    private final boolean columnMajor;

    /** The numbers of an array in the order they lie, some at a time. */
    interface Blocks {
        /** The next ones, at least one, in the byte order of their type. */
        ByteBuffer next();
    }

    /**
     * A layout.
     *
     * @param source names itself in faults
     * @param extents number of elements along each axis
     * @param columnMajor whether the first index runs fastest, as in Fortran, and not the last
     */
    ArrayLayout(SourceArray source, long[] extents, NumberType type, boolean columnMajor) {
        this.source = source;
        this.extents = extents;
        this.type = type;
        this.columnMajor = columnMajor;
    }

    NumberType type() {
        return type;
    }

    /** The extents, as {@code 5 x 3}. */
    static String shape(long[] extents) {
        return extents.length == 0
                ? "a single number"
                : Arrays.stream(extents).mapToObj(Long::toString).collect(Collectors.joining(" x "));
    }

    /** Number of elements; a fault if there are none or too many. */
    int count() {
        long count = 1;
        for (long extent : extents) {
            if (extent <= 0) {
                throw source.fault("is empty (" + shape(extents) + ")");
            }
            if (extent > Capacity.MAX / count) {
                throw source.fault("is " + shape(extents) + ", more than the " + Capacity.MAX + " values supported");
            }
            count *= extent;
        }
        return (int) count;
    }

    /** Fails unless there are samples with features. */
    void requireTable() {
        if (extents.length < 2) {
            throw source.fault("is " + shape(extents)
                    + "; expected samples along the first axis and features along the others (labels come second)");
        }
        count();
    }

    /** Fails unless there is one element, or a row or column of them, for each sample. */
    void requireLabels(int samples) {
        long most = Arrays.stream(extents).max().orElse(1);
        if (most != samples || count() != samples) {
            throw source.notLabels(shape(extents), samples);
        }
    }

    /** Makes features; call {@link #requireTable} before. */
    SourceArray.Features features(Blocks blocks, boolean allowMissing) {
        int rows = (int) extents[0];
        int columns = count() / rows;
        ImageShape image = image();
        int[] places = places(columns);
        return new SourceArray.Features(
                type.isByte()
                        ? new ByteMatrix(rows, columns, bytes(blocks, rows, places))
                        : new DenseMatrix(rows, columns, floats(blocks, rows, places, allowMissing)),
                image);
    }

    private byte[] bytes(Blocks blocks, int rows, int[] places) {
        byte[] values = new byte[rows * places.length];
        int at = 0;
        while (at < values.length) {
            ByteBuffer block = blocks.next();
            for (; block.hasRemaining(); at++) {
                values[place(at, rows, places)] = block.get();
            }
        }
        return values;
    }

    private float[] floats(Blocks blocks, int rows, int[] places, boolean allowMissing) {
        float[] values = new float[rows * places.length];
        int at = 0;
        while (at < values.length) {
            ByteBuffer block = blocks.next();
            for (; block.hasRemaining(); at++) {
                int place = place(at, rows, places);
                float value = (float) type.next(block);
                if (!Float.isFinite(value) && !(allowMissing && Float.isNaN(value))) {
                    String where =
                            "at sample " + (place / places.length + 1) + ", feature " + (place % places.length + 1);
                    throw source.fault(where + (Float.isNaN(value) ? ": " + Numbers.MISSING : " is not finite"));
                }
                values[place] = value;
            }
        }
        return values;
    }

    private int place(int at, int rows, int[] places) {
        int columns = places.length;
        return columnMajor ? at % rows * columns + places[at / rows] : at - at % columns + places[at % columns];
    }

    /** For each feature of a sample, in the order they lie, its index. */
    private int[] places(int columns) {
        int[] places = new int[columns];
        int[] at = new int[extents.length - 1];
        for (int i = 0; i < columns; i++) {
            places[i] = feature(at);
            for (int step = 0; step < at.length; step++) {
                int axis = columnMajor ? step : at.length - 1 - step;
                if (++at[axis] < extents[axis + 1]) {
                    break;
                }
                at[axis] = 0;
            }
        }
        return places;
    }

    private int feature(int[] at) {
        if (channelsLast()) {
            return (int) ((at[2] * extents[1] + at[0]) * extents[2] + at[1]);
        }
        long index = 0;
        for (int axis = 0; axis < at.length; axis++) {
            index = index * extents[axis + 1] + at[axis];
        }
        return (int) index;
    }

    private boolean channelsLast() {
        return extents.length == 4 && extents[3] <= MAX_CHANNELS && extents[1] > MAX_CHANNELS;
    }

    private @Nullable ImageShape image() {
        if (extents.length == 3) {
            return new ImageShape(1, (int) extents[1], (int) extents[2]);
        }
        if (channelsLast()) {
            return new ImageShape((int) extents[3], (int) extents[1], (int) extents[2]);
        }
        return extents.length == 4 && extents[1] <= MAX_CHANNELS
                ? new ImageShape((int) extents[1], (int) extents[2], (int) extents[3])
                : null;
    }
}
