package coppice.backend.cpu.vector;

import coppice.backend.Dropout;
import coppice.backend.Pass;
import coppice.backend.cpu.CpuBits;
import coppice.backend.cpu.NeuronKernels;
import coppice.random.Philox;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vector API twin of the dropout draw: a Philox block in each lane, its words in the low halves of 64 bits.
 *
 * <p>One vector holds the first two blocks of several groups of 32 columns, which decide most of them.
 */
final class VectorDropout {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final int LANES = LONGS.length();
    private static final int NEURONS = 64; // drawn before they are looked at
    private static final LongVector DRAWS = draws();
    private static final LongVector SHIFTS = shifts();
    private static final long LOW = 0xFFFFFFFFL;

    private final Dropout dropout;
    private final Pass pass;
    private final int groups;
    private final long[] below = new long[NEURONS * LANES];
    private final long[] equal = new long[NEURONS * LANES];

    VectorDropout(Dropout dropout, Pass pass) {
        this.dropout = dropout;
        this.pass = pass;
        this.groups = (pass.batch() + 31) / 32;
    }

    /** Lanes 2 i and 2 i + 1: the numbers of the first two blocks of group i. */
    private static LongVector draws() {
        long[] draws = new long[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            draws[lane] = lane / 2 * 4 + lane % 2;
        }
        return LongVector.fromArray(LONGS, draws, 0);
    }

    /** What moves the threshold's bit 15, for even lanes, or 11 to the top. */
    private static LongVector shifts() {
        long[] shifts = new long[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            shifts[lane] = lane % 2 == 0 ? 48 : 52;
        }
        return LongVector.fromArray(LONGS, shifts, 0);
    }

    /** Sets the bits of the outputs of some neurons that this step drops. */
    void draw(int from, int to, CpuBits bits) {
        for (int group = 0; group < groups; group += LANES / 2) {
            for (int neuron = from; neuron < to; neuron += NEURONS) {
                int count = Math.min(NEURONS, to - neuron);
                for (int i = 0; i < count; i++) { // nothing here depends on what was drawn: the processor runs ahead
                    compare(group * 4, neuron + i, i * LANES);
                }
                for (int i = 0; i < count; i++) {
                    combine(group, neuron + i, i * LANES, bits);
                }
            }
        }
    }

    /** Joins what the two blocks of each group have decided; draws what is still open. */
    private void combine(int firstGroup, int neuron, int lanesAt, CpuBits bits) {
        for (int i = 0; i < Math.min(groups - firstGroup, LANES / 2); i++) {
            int lane = lanesAt + 2 * i;
            int dropped = (int) (below[lane] | equal[lane] & below[lane + 1]);
            int open = (int) (equal[lane] & equal[lane + 1]);
            int group = firstGroup + i;
            bits.words()[bits.at(neuron) + group] =
                    open == 0 ? dropped : NeuronKernels.compareRest(dropout, pass, neuron, group, dropped, open);
        }
    }

    /**
     * Draws a block in each lane and compares the 32 outputs' four bits in it with the threshold's.
     *
     * <p>Ten rounds of Philox; all of it stands in one method so that no vector becomes an object.
     */
    private void compare(int firstDraw, int neuron, int lanesAt) {
        LongVector c0 = DRAWS.add(firstDraw);
        LongVector c1 = LongVector.broadcast(LONGS, neuron & LOW);
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
        LongVector bits = LongVector.broadcast(LONGS, dropout.threshold()).lanewise(VectorOperators.LSHL, SHIFTS);
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
        under.intoArray(below, lanesAt);
        same.intoArray(equal, lanesAt);
    }
}
