package coppice.backend.cpu;

import coppice.backend.Activation;
import coppice.backend.Dropout;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Update;
import coppice.random.Philox;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What neurons do on their own: activation, dropout and their derivatives, and biases; on a range of neurons.
 *
 * <p>Twin of kernels/elementwise.cu and kernels/reduce.cu.
 */
public class NeuronKernels {
    /** Updates biases from their gradients. */
    protected final UpdateKernels updates;

    /** Kernels that learn through the given ones. */
    public NeuronKernels(UpdateKernels updates) {
        this.updates = updates;
    }

    /** a = dropout(f(z)), and which outputs were dropped. */
    public void activate(Neurons neurons, Pass pass, int from, int to) {
        Dropout dropout = pass.training() ? neurons.dropout() : null;
        if (dropout != null) {
            drawDropped(dropout, pass, from, to, (CpuBits) Objects.requireNonNull(neurons.dropped()));
        }
        for (int neuron = from; neuron < to; neuron++) {
            activate(neurons, pass, neuron, dropout);
        }
    }

    /** a = dropout(f(z)) for one neuron, once it is drawn what is dropped. */
    protected void activate(Neurons neurons, Pass pass, int neuron, @Nullable Dropout dropout) {
        if (neurons.activation().kind() != Activation.Kind.IDENTITY) {
            function(neurons, pass, neuron);
        }
        if (dropout != null) {
            CpuBits bits = (CpuBits) Objects.requireNonNull(neurons.dropped());
            CpuTensor a = (CpuTensor) neurons.output();
            applyDropped(dropout, a, neuron, pass.batch(), bits.words(), bits.at(neuron));
        }
    }

    /** a = f(z) for one neuron; in training also the signs of z, where its function notes them. */
    protected void function(Neurons neurons, Pass pass, int neuron) {
        int batch = pass.batch();
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor a = (CpuTensor) neurons.output();
        int zAt = z.at(neuron);
        int aAt = a.at(neuron);
        CpuBits positive = (CpuBits) neurons.positive();
        if (positive != null && pass.training()) {
            noteSigns(z.data(), zAt, batch, positive.words(), positive.at(neuron));
        }
        if (neurons.activation().kind() == Activation.Kind.SRELU) {
            Srelu srelu = Srelu.of(neurons, neuron);
            for (int b = 0; b < batch; b++) {
                a.data()[aAt + b] = srelu.value(z.data()[zAt + b]);
            }
            return;
        }
        for (int b = 0; b < batch; b++) {
            a.data()[aAt + b] = value(neurons.activation(), z.data()[zAt + b]);
        }
    }

    private static void noteSigns(float[] z, int zAt, int batch, int[] words, int at) {
        for (int b = 0; b < batch; b += 32) {
            int word = 0;
            for (int i = 0; i < Math.min(32, batch - b); i++) {
                word |= Float.floatToRawIntBits(z[zAt + b + i]) > 0 ? 1 << i : 0;
            }
            words[at + b / 32] = word;
        }
    }

    private static float value(Activation activation, float z) {
        return switch (activation.kind()) {
            case IDENTITY, SRELU -> z;
            case RELU -> z > 0 ? z : 0f;
            case LEAKY -> z > 0 ? z : activation.slope() * z;
            case TANH -> ExactMath.tanh(z);
            case SIGMOID -> ExactMath.sigmoid(z);
        };
    }

    /** Sets the bits of the outputs that a step drops, for a range of neurons. */
    protected void drawDropped(Dropout dropout, Pass pass, int from, int to, CpuBits bits) {
        for (int neuron = from; neuron < to; neuron++) {
            for (int group = 0; group * 32 < pass.batch(); group++) {
                bits.words()[bits.at(neuron) + group] = compare(dropout, pass, neuron, group, 0, -1, 15);
            }
        }
    }

    /** What is left to compare once the first 12 bits of a group of 32 outputs are. */
    public static int compareRest(Dropout dropout, Pass pass, int neuron, int group, int below, int equal) {
        return compare(dropout, pass, neuron, group, below, equal, 3);
    }

    /**
     * Compares 32 outputs' random numbers with the threshold, from a bit down until all are decided.
     *
     * @param below outputs known to be below
     * @param equal outputs whose bits so far are those of the threshold
     */
    private static int compare(Dropout dropout, Pass pass, int neuron, int group, int below, int equal, int fromBit) {
        int[] block = new int[4];
        int dropped = below;
        int open = equal;
        for (int bit = fromBit; bit >= 0 && open != 0; bit--) {
            if ((bit & 3) == 3) {
                int draw = group * 4 + (15 - bit) / 4;
                Philox.block(dropout.seed(), draw, neuron, pass.step(), dropout.purposeWord(), block, 0);
            }
            int random = block[3 - (bit & 3)];
            boolean one = (dropout.threshold() >>> bit & 1) != 0;
            dropped |= one ? open & ~random : 0;
            open &= one ? random : ~random;
        }
        return dropped;
    }

    /** Zeroes what is dropped and scales the rest. */
    protected void applyDropped(Dropout dropout, CpuTensor a, int neuron, int batch, int[] words, int at) {
        float[] data = a.data();
        int aAt = a.at(neuron);
        for (int b = 0; b < batch; b++) {
            boolean dropped = (words[at + (b >> 5)] >>> b & 1) != 0;
            data[aAt + b] = dropped ? 0f : data[aAt + b] * dropout.scale();
        }
    }

    /** Turns the gradient by the outputs, which the neurons' gradient tensor holds, into the gradient by z. */
    public void derive(Neurons neurons, Pass pass, int from, int to) {
        Dropout dropout = pass.training() ? neurons.dropout() : null;
        for (int neuron = from; neuron < to; neuron++) {
            derive(neurons, pass.batch(), neuron, dropout);
        }
    }

    /** The gradient by z of one neuron from that by its output. */
    protected void derive(Neurons neurons, int batch, int neuron, @Nullable Dropout dropout) {
        deriveDropout(neurons, batch, neuron, dropout);
        derivative(neurons, batch, neuron);
    }

    /** The gradient by what dropout took of one neuron from that by its output. */
    protected void deriveDropout(Neurons neurons, int batch, int neuron, @Nullable Dropout dropout) {
        if (dropout != null) {
            CpuBits bits = (CpuBits) Objects.requireNonNull(neurons.dropped());
            CpuTensor gradient = (CpuTensor) neurons.gradient();
            applyDropped(dropout, gradient, neuron, batch, bits.words(), bits.at(neuron));
        }
    }

    /** gradient = gradient * f'(z) for one neuron, and the gradient of its slopes. */
    protected void derivative(Neurons neurons, int batch, int neuron) {
        if (neurons.activation().kind() == Activation.Kind.SRELU) {
            sreluDerivative(neurons, batch, neuron);
            return;
        }
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor gradient = (CpuTensor) neurons.gradient();
        int zAt = z.at(neuron);
        int dAt = gradient.at(neuron);
        float[] d = gradient.data();
        CpuBits positive = (CpuBits) neurons.positive();
        if (positive != null) {
            bySigns(neurons.activation(), positive.words(), positive.at(neuron), d, dAt, batch);
            return;
        }
        for (int b = 0; b < batch; b++) {
            d[dAt + b] = derived(neurons.activation(), z.data()[zAt + b], d[dAt + b]);
        }
    }

    private static void bySigns(Activation activation, int[] words, int at, float[] d, int dAt, int batch) {
        boolean zero = activation.kind() == Activation.Kind.RELU;
        for (int b = 0; b < batch; b++) {
            boolean above = (words[at + (b >> 5)] >>> b & 1) != 0;
            d[dAt + b] = above ? d[dAt + b] : zero ? 0f : d[dAt + b] * activation.slope();
        }
    }

    private static float derived(Activation activation, float z, float t) {
        return switch (activation.kind()) {
            case IDENTITY, RELU, LEAKY, SRELU -> t;
            case TANH -> {
                float tanh = ExactMath.tanh(z);
                yield t * Math.fma(-tanh, tanh, 1f);
            }
            case SIGMOID -> {
                float sigmoid = ExactMath.sigmoid(z);
                yield t * (sigmoid * (1f - sigmoid));
            }
        };
    }

    private void sreluDerivative(Neurons neurons, int batch, int neuron) {
        CpuTensor z = (CpuTensor) neurons.preActivation();
        CpuTensor gradient = (CpuTensor) neurons.gradient();
        Srelu srelu = Srelu.of(neurons, neuron);
        SreluSums sums = new SreluSums();
        sums.accumulate(srelu, z, gradient, neuron, 0, batch);
        sums.writeGradient(srelu, neurons, neuron);
    }

    /** The lanes of the four sums that the gradient of SReLU's parameters is made of. */
    public static final class SreluSums {
        /** By lanes: sum of t left of the left knee. */
        public final float[] left = new float[Lanes.COUNT];
        /** By lanes: sum of t * (z - left knee) there. */
        public final float[] leftDistance = new float[Lanes.COUNT];
        /** By lanes: sum of t right of the right knee. */
        public final float[] right = new float[Lanes.COUNT];
        /** By lanes: sum of t * (z - right knee) there. */
        public final float[] rightDistance = new float[Lanes.COUNT];

        /** Folds the sums into the gradient of the four parameters. */
        public void writeGradient(Srelu srelu, Neurons neurons, int neuron) {
            srelu.writeGradient(
                    neurons,
                    neuron,
                    Lanes.fold(left),
                    Lanes.fold(leftDistance),
                    Lanes.fold(right),
                    Lanes.fold(rightDistance));
        }

        /** Adds the batch columns [from, to) and turns their gradients by the output into gradients by z. */
        public void accumulate(Srelu srelu, CpuTensor z, CpuTensor gradient, int neuron, int from, int to) {
            float[] d = gradient.data();
            for (int b = from; b < to; b++) {
                float value = z.data()[z.at(neuron) + b];
                float t = d[gradient.at(neuron) + b];
                boolean isRight = value >= srelu.rightKnee();
                boolean isLeft = !isRight && value <= srelu.leftKnee();
                int lane = b & Lanes.COUNT - 1;
                left[lane] += isLeft ? t : 0f;
                leftDistance[lane] = Math.fma(isLeft ? t : 0f, value - srelu.leftKnee(), leftDistance[lane]);
                right[lane] += isRight ? t : 0f;
                rightDistance[lane] = Math.fma(isRight ? t : 0f, value - srelu.rightKnee(), rightDistance[lane]);
                d[gradient.at(neuron) + b] = isRight ? t * srelu.rightSlope() : isLeft ? t * srelu.leftSlope() : t;
            }
        }
    }

    /** Learns the biases of the neurons: their gradient is the sum by lanes of dz. */
    public void updateBias(CpuTensor bias, float[][] state, CpuTensor dz, Update update, int batch, int from, int to) {
        float[] gradient = new float[to - from];
        sums(dz, batch, from, to, gradient);
        updates.apply(update, gradient, 0, bias.data(), state, bias.at(from), to - from);
    }

    /** Sums by lanes over the batch. */
    protected void sums(CpuTensor dz, int batch, int from, int to, float[] out) {
        float[] lanes = new float[Lanes.COUNT];
        for (int neuron = from; neuron < to; neuron++) {
            out[neuron - from] = Lanes.sum(dz.data(), dz.at(neuron), batch, lanes);
        }
    }
}
