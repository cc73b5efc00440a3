package coppice.data;

/** How far a growing array grows. */
final class Capacity {
    /** The longest array a Java virtual machine is sure to allow. */
    static final int MAX = Integer.MAX_VALUE - 8;

    private Capacity() {}

    /** One and a half times {@code length} within {@link #MAX}; an array that is full already cannot grow. */
    static int grown(int length) {
        if (length >= MAX) {
            throw new IllegalStateException("more than " + MAX + " values");
        }
        return (int) Math.min(MAX, length + (length >> 1) + 16L);
    }
}
