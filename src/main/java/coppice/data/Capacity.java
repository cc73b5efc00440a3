package coppice.data;

/** How far a growing array grows. */
final class Capacity {
    /** The longest array a Java virtual machine is sure to allow. */
    static final int MAX = Integer.MAX_VALUE - 8;

    /** What training takes for each feature at least: its statistics while they are measured, twice over. */
    private static final int BYTES_PER_FEATURE = 128;

    private Capacity() {}

    /**
     * The most features that this Java virtual machine has the memory for.
     *
     * <p>A sparse file is as wide as it says, whatever its size: one damaged digit can state billions of features.
     */
    static int features() {
        return (int) Math.min(MAX - 1L, Runtime.getRuntime().maxMemory() / BYTES_PER_FEATURE);
    }

    /** What {@link #features} allows, for a message. */
    static String allowedFeatures() {
        return "at most " + features() + " features fit into the memory of this Java (-Xmx)";
    }

    /** One and a half times {@code length} within {@link #MAX}; an array that is full already cannot grow. */
    static int grown(int length) {
        if (length >= MAX) {
            throw new IllegalStateException("more than " + MAX + " values");
        }
        return (int) Math.min(MAX, length + (length >> 1) + 16L);
    }
}
