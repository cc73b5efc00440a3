package coppice.backend.cpu.vector;

import coppice.backend.Dropout;
import coppice.backend.Pass;
import coppice.random.Philox;
import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of the dropout draw: one Philox block in each lane, its words in the low halves of 64 bits. */
final class VectorPhilox {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final int LENGTH = LONGS.length();
    private static final LongVector LANES = LongVector.zero(LONGS).addIndex(1);
    private static final long LOW = 0xFFFFFFFFL;

    private VectorPhilox() {}

    static void drawDropped(Dropout dropout, Pass pass, int neuron, int[] words, int at) {
        int groups = (pass.batch() + 7) / 8; // of 8 columns, one Philox block each
        long[] dropped = new long[LENGTH];
        Arrays.fill(words, at, at + (groups + 3) / 4, 0);
        for (int first = 0; first < groups; first += LENGTH) {
            eightColumns(dropout, first, neuron, pass.step(), dropped);
            int end = Math.min(LENGTH, groups - first);
            for (int i = 0; i < end; i++) {
                words[at + (first + i >> 2)] |= (int) dropped[i] << (first + i & 3) * 8;
            }
        }
    }

    /** For each lane's group the bits of its 8 columns. */
    private static void eightColumns(Dropout dropout, int first, int neuron, int step, long[] out) {
        LongVector c0 = LANES.add(first);
        LongVector c1 = LongVector.broadcast(LONGS, neuron & LOW);
        LongVector c2 = LongVector.broadcast(LONGS, step & LOW);
        LongVector c3 = LongVector.broadcast(LONGS, dropout.purposeWord() & LOW);
        int k0 = (int) dropout.seed();
        int k1 = (int) (dropout.seed() >>> 32);
        for (int round = 0; round < Philox.ROUNDS; round++) {
            LongVector p0 = c0.mul(Philox.M0 & LOW);
            LongVector p1 = c2.mul(Philox.M1 & LOW);
            c0 = p1.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c1)
                    .lanewise(VectorOperators.XOR, k0 & LOW);
            c2 = p0.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c3)
                    .lanewise(VectorOperators.XOR, k1 & LOW);
            c1 = p1.and(LOW);
            c3 = p0.and(LOW);
            k0 += Philox.W0;
            k1 += Philox.W1;
        }
        LongVector bits = halves(c0, 0, dropout.threshold())
                .or(halves(c1, 2, dropout.threshold()))
                .or(halves(c2, 4, dropout.threshold()))
                .or(halves(c3, 6, dropout.threshold()));
        bits.intoArray(out, 0);
    }

    /** Bits {@code bit} and {@code bit + 1}: whether the word's halves are below the threshold. */
    private static LongVector halves(LongVector word, int bit, int threshold) {
        LongVector low = word.and(0xFFFF).sub(threshold).lanewise(VectorOperators.LSHR, 63);
        LongVector high = word.lanewise(VectorOperators.LSHR, 16).sub(threshold).lanewise(VectorOperators.LSHR, 63);
        return low.lanewise(VectorOperators.LSHL, bit).or(high.lanewise(VectorOperators.LSHL, bit + 1));
    }
}
