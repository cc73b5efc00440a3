package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The last folds of sums by lanes, with vectors of 16, for many sums together.
 *
 * <p>Two vectors, blended one way and the other, fold in one sum; so 16 sums take 15 additions.
 */
final class VectorLanes {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final int LENGTH = VectorKernels.LENGTH;
    static final VectorShuffle<Float> SWAP_8 = swap(8);
    static final VectorShuffle<Float> SWAP_4 = swap(4);
    static final VectorShuffle<Float> SWAP_2 = swap(2);
    static final VectorShuffle<Float> SWAP_1 = swap(1);
    static final VectorMask<Float> UPPER_8 = upper(8);
    static final VectorMask<Float> UPPER_4 = upper(4);
    static final VectorMask<Float> UPPER_2 = upper(2);
    static final VectorMask<Float> UPPER_1 = upper(1);

    /** Lane c takes lane (c mod 4) * 4 + c / 4: the transpose of 4 by 4 lanes. */
    private static final VectorShuffle<Float> ORDER =
            VectorShuffle.fromOp(FLOATS, lane -> ((lane & 3) * 4 + (lane >> 2)) & (LENGTH - 1));

    private VectorLanes() {}

    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(FLOATS, lane -> (lane ^ distance) & (LENGTH - 1));
    }

    private static VectorMask<Float> upper(int bit) {
        boolean[] set = new boolean[LENGTH];
        for (int lane = 0; lane < LENGTH; lane++) {
            set[lane] = (lane & bit) != 0;
        }
        return VectorMask.fromArray(FLOATS, set, 0);
    }

    /**
     * Folds {@code count} sums of 16 lanes each, 16 sums at a time.
     *
     * @param sums their lanes, from {@code CpuTensor.BASE} on; overwritten
     * @param out receives the sums and, up to a multiple of 16, whatever follows
     */
    static void fold(float[] sums, int count, float[] out, int outAt) {
        for (int i = 0; i < count; i += 16) {
            int at = CpuTensor.BASE + 16 * i;
            for (int four = at; four < at + 256; four += 64) {
                FloatVector a = FloatVector.fromArray(FLOATS, sums, four);
                FloatVector b = FloatVector.fromArray(FLOATS, sums, four + 16);
                FloatVector c = FloatVector.fromArray(FLOATS, sums, four + 32);
                FloatVector d = FloatVector.fromArray(FLOATS, sums, four + 48);
                FloatVector even = a.blend(c, UPPER_8).add(c.blend(a, UPPER_8).rearrange(SWAP_8));
                FloatVector odd = b.blend(d, UPPER_8).add(d.blend(b, UPPER_8).rearrange(SWAP_8));
                even.blend(odd, UPPER_4)
                        .add(odd.blend(even, UPPER_4).rearrange(SWAP_4))
                        .intoArray(sums, four);
            }
            FloatVector a = FloatVector.fromArray(FLOATS, sums, at);
            FloatVector b = FloatVector.fromArray(FLOATS, sums, at + 64);
            FloatVector c = FloatVector.fromArray(FLOATS, sums, at + 128);
            FloatVector d = FloatVector.fromArray(FLOATS, sums, at + 192);
            FloatVector even = a.blend(c, UPPER_2).add(c.blend(a, UPPER_2).rearrange(SWAP_2));
            FloatVector odd = b.blend(d, UPPER_2).add(d.blend(b, UPPER_2).rearrange(SWAP_2));
            FloatVector folded =
                    even.blend(odd, UPPER_1).add(odd.blend(even, UPPER_1).rearrange(SWAP_1));
            folded.rearrange(ORDER).intoArray(out, outAt + i);
        }
    }
}
