package coppice.parallel;

/** Cuts work into ranges: evenly by count, or evenly by the number of connections behind a table of offsets. */
public final class Ranges {
    private Ranges() {}

    /** Start of part {@code part} when [0, size) is cut into {@code parts}; part {@code parts} starts at size. */
    public static int start(int size, int part, int parts) {
        return (int) ((long) size * part / parts);
    }

    /** As {@link #start(int, int, int)}, with every inner border moved down to a multiple of {@code unit}. */
    public static int start(int size, int part, int parts, int unit) {
        return part == parts ? size : start(size, part, parts) / unit * unit;
    }

    /**
     * First row of part {@code part} when rows are cut into {@code parts} of about equal cost.
     *
     * <p>A row costs its connections plus {@code rowCost}; {@code offsets[row]} connections lie before a row.
     */
    public static int startByConnections(int[] offsets, int rowCost, int part, int parts) {
        int rows = offsets.length - 1;
        long total = offsets[rows] + (long) rows * rowCost;
        long wanted = total / parts * part + total % parts * part / parts;
        int low = 0;
        int high = rows;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (offsets[middle] + (long) middle * rowCost < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return part == parts ? rows : low;
    }
}
