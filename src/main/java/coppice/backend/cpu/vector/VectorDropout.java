package coppice.backend.cpu.vector;

import coppice.backend.Dropout;
import coppice.backend.Pass;
import coppice.backend.cpu.CpuBits;
import coppice.backend.cpu.NeuronKernels;
import coppice.random.Philox;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector API twin of the dropout draw: a Philox block in each lane, its words in the low halves of 64 bits.
 *
 * <p>One vector holds the first two blocks of several groups of 32 columns, which decide most of them; the third blocks
 * of those that are left are drawn together. What even those leave open, one group in a hundred, is drawn one by one.
 * Holds scratch.
 */
final class VectorDropout {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final int LANES = LONGS.length();
    private static final int NEURONS = 64; // drawn before they are looked at
    private static final long[] NONE = new long[LANES];

    /** Lanes 2 i and 2 i + 1: the numbers of the first two blocks of group i. */
    private static final long[] DRAWS = lanes(lane -> lane / 2 * 4 + lane % 2);

    /** What moves the threshold's bit 15, for even lanes, or 11 to the top. */
    private static final long[] FIRST_SHIFTS = lanes(lane -> lane % 2 == 0 ? 48 : 52);

    /** What moves bit 7 to the top. */
    private static final long[] THIRD_SHIFTS = lanes(lane -> 56);

    private static final long LOW = 0xFFFFFFFFL;

    private final long[] below = new long[NEURONS * LANES];
    private final long[] equal = new long[NEURONS * LANES];
    private final long[] openDraws = new long[NEURONS * LANES / 2]; // of groups that are not decided yet
    private final long[] openNeurons = new long[NEURONS * LANES / 2];
    private final int[] undecided = new int[NEURONS * LANES / 2]; // outputs of theirs
    private final long[] thirdBelow = new long[LANES];
    private final long[] thirdEqual = new long[LANES];
    private int open;

    private static long[] lanes(IntToLongFunction value) {
        return IntStream.range(0, LANES).mapToLong(value).toArray();
    }

    /** Sets the bits of the outputs of some neurons that this step drops. */
    void draw(Dropout dropout, Pass pass, int from, int to, CpuBits bits) {
        int groups = (pass.batch() + 31) / 32;
        for (int group = 0; group < groups; group += LANES / 2) {
            for (int neuron = from; neuron < to; neuron += NEURONS) {
                int count = Math.min(NEURONS, to - neuron);
                for (int i = 0; i < count; i++) { // nothing here depends on what was drawn: the processor runs ahead
                    compare(
                            dropout,
                            pass,
                            DRAWS,
                            group * 4,
                            NONE,
                            neuron + i,
                            0,
                            FIRST_SHIFTS,
                            below,
                            equal,
                            i * LANES);
                }
                open = 0;
                for (int i = 0; i < count; i++) {
                    combine(group, Math.min(groups - group, LANES / 2), neuron + i, i * LANES, bits);
                }
                drawThird(dropout, pass, bits);
            }
        }
    }

    /** Joins what the two blocks of each group have decided. */
    private void combine(int firstGroup, int count, int neuron, int lanesAt, CpuBits bits) {
        for (int i = 0; i < count; i++) {
            int lane = lanesAt + 2 * i;
            bits.words()[bits.at(neuron) + firstGroup + i] = (int) (below[lane] | equal[lane] & below[lane + 1]);
            long left = equal[lane] & equal[lane + 1];
            openDraws[open] = (firstGroup + i) * 4 + 2;
            openNeurons[open] = neuron;
            undecided[open] = (int) left;
            open += (int) left == 0 ? 0 : 1;
        }
    }

    /** Draws the third block of the groups that are left. */
    private void drawThird(Dropout dropout, Pass pass, CpuBits bits) {
        for (int first = 0; first < open; first += LANES) {
            compare(dropout, pass, openDraws, 0, openNeurons, 0, first, THIRD_SHIFTS, thirdBelow, thirdEqual, 0);
            for (int lane = 0; lane < Math.min(LANES, open - first); lane++) {
                int neuron = (int) openNeurons[first + lane];
                int group = (int) openDraws[first + lane] / 4;
                int at = bits.at(neuron) + group;
                int dropped = bits.words()[at] | undecided[first + lane] & (int) thirdBelow[lane];
                int left = undecided[first + lane] & (int) thirdEqual[lane];
                bits.words()[at] =
                        left == 0 ? dropped : NeuronKernels.compareRest(dropout, pass, neuron, group, dropped, left);
            }
        }
    }

    /**
     * Draws a block in each lane and compares the 32 outputs' four bits in it with the threshold's.
     *
     * <p>Lane i draws block {@code draws[from + i] + draw} of neuron {@code neurons[from + i] + neuron}. Ten rounds of
     * Philox; all of it stands in one method so that no vector becomes an object.
     */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private static void compare(
            Dropout dropout,
            Pass pass,
            long[] draws,
            int draw,
            long[] neurons,
            int neuron,
            int from,
            long[] shifts,
            long[] below,
            long[] equal,
            int at) {
        LongVector c0 = LongVector.fromArray(LONGS, draws, from).add(draw);
        LongVector c1 = LongVector.fromArray(LONGS, neurons, from).add(neuron & LOW);
        LongVector c2 = LongVector.broadcast(LONGS, pass.step() & LOW);
        LongVector c3 = LongVector.broadcast(LONGS, dropout.purposeWord() & LOW);
        LongVector m0 = LongVector.broadcast(LONGS, Philox.M0 & LOW);
        LongVector m1 = LongVector.broadcast(LONGS, Philox.M1 & LOW);
        LongVector low = LongVector.broadcast(LONGS, LOW);
        int k0 = (int) dropout.seed();
        int k1 = (int) (dropout.seed() >>> 32);
        for (int round = 0; round < Philox.ROUNDS; round++) {
            LongVector p0 = c0.mul(m0);
            LongVector p1 = c2.mul(m1);
            c0 = p1.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c1)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k0 & LOW));
            c2 = p0.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c3)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k1 & LOW));
            c1 = p1.and(low);
            c3 = p0.and(low);
            k0 += Philox.W0;
            k1 += Philox.W1;
        }
        // For the threshold's bits of a lane: all ones where the bit is one.
        LongVector bits = LongVector.broadcast(LONGS, dropout.threshold())
                .lanewise(VectorOperators.LSHL, LongVector.fromArray(LONGS, shifts, 0));
        LongVector one = bits.lanewise(VectorOperators.ASHR, 63);
        LongVector under = one.and(c0.not());
        LongVector same = c0.lanewise(VectorOperators.XOR, one).not();
        one = bits.lanewise(VectorOperators.LSHL, 1).lanewise(VectorOperators.ASHR, 63);
        under = under.or(one.and(same).and(c1.not()));
        same = same.and(c1.lanewise(VectorOperators.XOR, one).not());
        one = bits.lanewise(VectorOperators.LSHL, 2).lanewise(VectorOperators.ASHR, 63);
        under = under.or(one.and(same).and(c2.not()));
        same = same.and(c2.lanewise(VectorOperators.XOR, one).not());
        one = bits.lanewise(VectorOperators.LSHL, 3).lanewise(VectorOperators.ASHR, 63);
        under = under.or(one.and(same).and(c3.not()));
        same = same.and(c3.lanewise(VectorOperators.XOR, one).not());
        under.intoArray(below, at);
        same.intoArray(equal, at);
    }
}
