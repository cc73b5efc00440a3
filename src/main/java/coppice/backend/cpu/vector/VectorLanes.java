package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The last folds of sums by lanes, with vectors of 16, for many sums together.
 *
 * <p>Two vectors, their lanes exchanged by halves, fold in one sum; so 16 sums take 15 additions.
 */
final class VectorLanes {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;
    static final VectorShuffle<Float> SWAP_8 = swap(8);
    static final VectorShuffle<Float> SWAP_4 = swap(4);
    static final VectorShuffle<Float> SWAP_2 = swap(2);
    static final VectorShuffle<Float> SWAP_1 = swap(1);
    static final VectorMask<Float> UPPER_4 = upper(4);
    private static final IntVector BITS_8 = bits(8);
    private static final IntVector BITS_4 = bits(4);
    private static final IntVector BITS_2 = bits(2);
    private static final IntVector BITS_1 = bits(1);

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

    /** All bits of the lanes whose numbers have a bit set. */
    private static IntVector bits(int bit) {
        int[] lanes = new int[LENGTH];
        for (int lane = 0; lane < LENGTH; lane++) {
            lanes[lane] = (lane & bit) != 0 ? -1 : 0;
        }
        return IntVector.fromArray(INTS, lanes, 0);
    }

    /**
     * Folds {@code count} sums of 16 lanes each, 16 sums at a time.
     *
     * <p>Lanes change places as bits: blends compare their masks anew each time on JDK 17.
     *
     * @param sums their lanes, from {@code CpuTensor.BASE} on; overwritten
     * @param out receives the sums and, up to a multiple of 16, whatever follows
     */
    static void fold(float[] sums, int count, float[] out, int outAt) {
        for (int i = 0; i < count; i += 16) {
            int at = CpuTensor.BASE + 16 * i;
            for (int four = at; four < at + 256; four += 64) {
                IntVector a =
                        (IntVector) FloatVector.fromArray(FLOATS, sums, four).reinterpretShape(INTS, 0);
                IntVector b = (IntVector)
                        FloatVector.fromArray(FLOATS, sums, four + 16).reinterpretShape(INTS, 0);
                IntVector c = (IntVector)
                        FloatVector.fromArray(FLOATS, sums, four + 32).reinterpretShape(INTS, 0);
                IntVector d = (IntVector)
                        FloatVector.fromArray(FLOATS, sums, four + 48).reinterpretShape(INTS, 0);
                IntVector ac = a.lanewise(VectorOperators.XOR, c).and(BITS_8);
                IntVector bd = b.lanewise(VectorOperators.XOR, d).and(BITS_8);
                IntVector even = (IntVector) ((FloatVector)
                                a.lanewise(VectorOperators.XOR, ac).reinterpretShape(FLOATS, 0))
                        .add(((FloatVector) c.lanewise(VectorOperators.XOR, ac).reinterpretShape(FLOATS, 0))
                                .rearrange(SWAP_8))
                        .reinterpretShape(INTS, 0);
                IntVector odd = (IntVector) ((FloatVector)
                                b.lanewise(VectorOperators.XOR, bd).reinterpretShape(FLOATS, 0))
                        .add(((FloatVector) d.lanewise(VectorOperators.XOR, bd).reinterpretShape(FLOATS, 0))
                                .rearrange(SWAP_8))
                        .reinterpretShape(INTS, 0);
                IntVector both = even.lanewise(VectorOperators.XOR, odd).and(BITS_4);
                ((FloatVector) even.lanewise(VectorOperators.XOR, both).reinterpretShape(FLOATS, 0))
                        .add(((FloatVector)
                                        odd.lanewise(VectorOperators.XOR, both).reinterpretShape(FLOATS, 0))
                                .rearrange(SWAP_4))
                        .intoArray(sums, four);
            }
            IntVector a = (IntVector) FloatVector.fromArray(FLOATS, sums, at).reinterpretShape(INTS, 0);
            IntVector b =
                    (IntVector) FloatVector.fromArray(FLOATS, sums, at + 64).reinterpretShape(INTS, 0);
            IntVector c =
                    (IntVector) FloatVector.fromArray(FLOATS, sums, at + 128).reinterpretShape(INTS, 0);
            IntVector d =
                    (IntVector) FloatVector.fromArray(FLOATS, sums, at + 192).reinterpretShape(INTS, 0);
            IntVector ac = a.lanewise(VectorOperators.XOR, c).and(BITS_2);
            IntVector bd = b.lanewise(VectorOperators.XOR, d).and(BITS_2);
            IntVector even = (IntVector) ((FloatVector)
                            a.lanewise(VectorOperators.XOR, ac).reinterpretShape(FLOATS, 0))
                    .add(((FloatVector) c.lanewise(VectorOperators.XOR, ac).reinterpretShape(FLOATS, 0))
                            .rearrange(SWAP_2))
                    .reinterpretShape(INTS, 0);
            IntVector odd = (IntVector) ((FloatVector)
                            b.lanewise(VectorOperators.XOR, bd).reinterpretShape(FLOATS, 0))
                    .add(((FloatVector) d.lanewise(VectorOperators.XOR, bd).reinterpretShape(FLOATS, 0))
                            .rearrange(SWAP_2))
                    .reinterpretShape(INTS, 0);
            IntVector both = even.lanewise(VectorOperators.XOR, odd).and(BITS_1);
            ((FloatVector) even.lanewise(VectorOperators.XOR, both).reinterpretShape(FLOATS, 0))
                    .add(((FloatVector) odd.lanewise(VectorOperators.XOR, both).reinterpretShape(FLOATS, 0))
                            .rearrange(SWAP_1))
                    .rearrange(ORDER)
                    .intoArray(out, outAt + i);
        }
    }
}
