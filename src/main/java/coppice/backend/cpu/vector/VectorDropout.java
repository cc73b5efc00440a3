package coppice.backend.cpu.vector;

import coppice.backend.Dropout;
import coppice.backend.Pass;
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
    private static final LongVector DRAWS = draws();
    private static final long LOW = 0xFFFFFFFFL;

    private final long[] first = new long[LANES];
    private final long[] second = new long[LANES];
    private final long[] third = new long[LANES];
    private final long[] fourth = new long[LANES];

    /** Lanes 2 i and 2 i + 1: the numbers of the first two blocks of group i. */
    private static LongVector draws() {
        long[] draws = new long[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            draws[lane] = lane / 2 * 4 + lane % 2;
        }
        return LongVector.fromArray(LONGS, draws, 0);
    }

    /** Sets the bits of the outputs that this step drops. */
    void draw(Dropout dropout, Pass pass, int neuron, int[] words, int at) {
        int threshold = dropout.threshold();
        int groups = (pass.batch() + 31) / 32;
        for (int from = 0; from < groups; from += LANES / 2) {
            blocks(dropout, from * 4, neuron, pass.step());
            int end = Math.min(groups, from + LANES / 2);
            for (int group = from; group < end; group++) {
                int below = 0;
                int equal = -1;
                int bit = 15;
                for (int lane = (group - from) * 2; lane <= (group - from) * 2 + 1; lane++) {
                    long one = -(threshold >>> bit & 1);
                    below |= (int) (one & equal & ~first[lane]);
                    equal &= (int) (first[lane] ^ ~one);
                    one = -(threshold >>> bit - 1 & 1);
                    below |= (int) (one & equal & ~second[lane]);
                    equal &= (int) (second[lane] ^ ~one);
                    one = -(threshold >>> bit - 2 & 1);
                    below |= (int) (one & equal & ~third[lane]);
                    equal &= (int) (third[lane] ^ ~one);
                    one = -(threshold >>> bit - 3 & 1);
                    below |= (int) (one & equal & ~fourth[lane]);
                    equal &= (int) (fourth[lane] ^ ~one);
                    bit -= 4;
                }
                words[at + group] =
                        equal == 0 ? below : NeuronKernels.compareRest(dropout, pass, neuron, group, below, equal);
            }
        }
    }

    /** Ten rounds of Philox; the operations stand in one method so that no vector becomes an object. */
    private void blocks(Dropout dropout, int firstDraw, int neuron, int step) {
        LongVector c0 = DRAWS.add(firstDraw);
        LongVector c1 = LongVector.broadcast(LONGS, neuron & LOW);
        LongVector c2 = LongVector.broadcast(LONGS, step & LOW);
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
        c0.intoArray(first, 0);
        c1.intoArray(second, 0);
        c2.intoArray(third, 0);
        c3.intoArray(fourth, 0);
    }
}
