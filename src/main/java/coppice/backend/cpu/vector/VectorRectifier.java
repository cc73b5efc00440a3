package coppice.backend.cpu.vector;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.cpu.CpuBits;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * RELU and LEAKY in training: their signs, and with dropout all of it in one pass over a neuron's batch.
 *
 * <p>Masks are integers, all ones or zero, made by shifts: the API's own are turned from vectors into mask registers
 * and back at each use on JDK 17. So is RELU's zero: a vector chosen by a condition becomes an object there.
 */
final class VectorRectifier {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;

    /** Bit l of lane l. */
    static final IntVector LANE_BITS = IntVector.broadcast(INTS, 1)
            .lanewise(VectorOperators.LSHL, IntVector.zero(INTS).addIndex(1));

    /** What moves bit l to the top in lane l. */
    private static final IntVector TO_TOP =
            IntVector.zero(INTS).addIndex(1).neg().add(31);

    private VectorRectifier() {}

    /** Sets the bit of each column where z is above zero, a word for 32 columns. */
    static void noteSigns(float[] z, int zAt, int count, int[] words, int at) {
        for (int b = 0; b < count; b += Lanes.COUNT) {
            IntVector bits = IntVector.zero(INTS);
            for (int part = Math.min(Lanes.COUNT, count - b) - LENGTH; part >= 0; part -= LENGTH) {
                IntVector zs = FloatVector.fromArray(FLOATS, z, zAt + b + part).reinterpretAsInts();
                IntVector above = zs.neg()
                        .lanewise(VectorOperators.ASHR, 31)
                        .and(zs.lanewise(VectorOperators.ASHR, 31).not());
                bits = bits.lanewise(VectorOperators.LSHL, LENGTH).or(LANE_BITS.and(above));
            }
            words[at + b / Lanes.COUNT] = bits.reduceLanes(VectorOperators.OR);
        }
    }

    /** a = dropout(f(z)) in place, and the bit of each column where z is above zero. */
    static void activate(Neurons neurons, Dropout dropout, CpuTensor a, int neuron, int count) {
        CpuBits positive = (CpuBits) Objects.requireNonNull(neurons.positive());
        CpuBits dropped = (CpuBits) Objects.requireNonNull(neurons.dropped());
        int[] signWords = positive.words();
        int signAt = positive.at(neuron);
        int[] dropWords = dropped.words();
        int dropAt = dropped.at(neuron);
        float[] data = a.data();
        int kept = neurons.activation().kind() == Activation.Kind.RELU ? 0 : -1; // bits of what is not above zero
        float slope = neurons.activation().slope();
        float scale = dropout.scale();
        for (int b = 0; b < count; b += Lanes.COUNT) {
            int word = dropWords[dropAt + b / Lanes.COUNT];
            IntVector bits = IntVector.zero(INTS);
            for (int part = Math.min(Lanes.COUNT, count - b) - LENGTH; part >= 0; part -= LENGTH) {
                int at = a.at(neuron) + b + part;
                FloatVector z = FloatVector.fromArray(FLOATS, data, at);
                IntVector zs = z.reinterpretAsInts();
                IntVector notAbove =
                        zs.neg().lanewise(VectorOperators.ASHR, 31).not().or(zs.lanewise(VectorOperators.ASHR, 31));
                bits = bits.lanewise(VectorOperators.LSHL, LENGTH).or(LANE_BITS.and(notAbove.not()));
                IntVector negative =
                        z.mul(slope).reinterpretAsInts().and(notAbove).and(kept);
                FloatVector f = zs.and(notAbove.not()).or(negative).reinterpretAsFloats();
                IntVector drop = IntVector.broadcast(INTS, word >>> part)
                        .lanewise(VectorOperators.LSHL, TO_TOP)
                        .lanewise(VectorOperators.ASHR, 31);
                f.mul(scale)
                        .reinterpretAsInts()
                        .and(drop.not())
                        .reinterpretAsFloats()
                        .intoArray(data, at);
            }
            signWords[signAt + b / Lanes.COUNT] = bits.reduceLanes(VectorOperators.OR);
        }
    }

    /** gradient = (gradient * s) * f'(z) in place, s the dropout scale or 0. */
    static void derive(Neurons neurons, Dropout dropout, CpuTensor gradient, int neuron, int count) {
        CpuBits positive = (CpuBits) Objects.requireNonNull(neurons.positive());
        CpuBits dropped = (CpuBits) Objects.requireNonNull(neurons.dropped());
        int[] signWords = positive.words();
        int signAt = positive.at(neuron);
        int[] dropWords = dropped.words();
        int dropAt = dropped.at(neuron);
        float[] data = gradient.data();
        int kept = neurons.activation().kind() == Activation.Kind.RELU ? 0 : -1; // bits of what is not above zero
        float slope = neurons.activation().slope();
        float scale = dropout.scale();
        for (int b = 0; b < count; b += LENGTH) {
            int at = gradient.at(neuron) + b;
            IntVector drop = IntVector.broadcast(INTS, dropWords[dropAt + (b >> 5)] >>> b)
                    .lanewise(VectorOperators.LSHL, TO_TOP)
                    .lanewise(VectorOperators.ASHR, 31);
            IntVector above = IntVector.broadcast(INTS, signWords[signAt + (b >> 5)] >>> b)
                    .lanewise(VectorOperators.LSHL, TO_TOP)
                    .lanewise(VectorOperators.ASHR, 31);
            IntVector t = FloatVector.fromArray(FLOATS, data, at)
                    .mul(scale)
                    .reinterpretAsInts()
                    .and(drop.not());
            IntVector below = t.reinterpretAsFloats()
                    .mul(slope)
                    .reinterpretAsInts()
                    .and(above.not())
                    .and(kept);
            t.and(above).or(below).reinterpretAsFloats().intoArray(data, at);
        }
    }
}
