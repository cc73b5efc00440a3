package coppice.backend.cpu;

/** The fixed order in which sums over the batch are taken: 32 lanes, folded by halves. */
public final class Lanes {
    /** Number of lanes. */
    public static final int COUNT = 32;

    private Lanes() {}

    /** Folds 32 lanes into their sum: lane l takes lane l + 16, then l + 8, 4, 2, 1. Overwrites {@code lanes}. */
    public static float fold(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half >>= 1) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }

    /** Sum of {@code count} values by lanes; {@code lanes} is scratch of 32 floats. */
    public static float sum(float[] values, int from, int count, float[] lanes) {
        java.util.Arrays.fill(lanes, 0f);
        for (int i = 0; i < count; i++) {
            lanes[i & COUNT - 1] += values[from + i];
        }
        return fold(lanes);
    }

    /** Inner product of two rows by lanes; {@code lanes} is scratch of 32 floats. */
    public static float dot(float[] a, int aFrom, float[] b, int bFrom, int count, float[] lanes) {
        java.util.Arrays.fill(lanes, 0f);
        for (int i = 0; i < count; i++) {
            lanes[i & COUNT - 1] = Math.fma(a[aFrom + i], b[bFrom + i], lanes[i & COUNT - 1]);
        }
        return fold(lanes);
    }

    /** Folds 32 lanes of doubles, {@code stride} apart from index {@code at} on. Overwrites them. */
    static double fold(double[] lanes, int at, int stride) {
        for (int half = COUNT / 2; half > 0; half >>= 1) {
            for (int lane = 0; lane < half; lane++) {
                lanes[at + lane * stride] += lanes[at + (lane + half) * stride];
            }
        }
        return lanes[at];
    }
}
