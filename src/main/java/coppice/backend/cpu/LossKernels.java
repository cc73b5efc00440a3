package coppice.backend.cpu;

import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Totals;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The loss, its derivative and the count of right answers.
 *
 * <p>Twin of kernels/loss.cu. Works through the classes with the batch innermost; a few operations a sample, so it has
 * no Vector API twin.
 */
final class LossKernels {
    private float[] greatest = new float[0];
    private float[] sum = new float[0];
    private float[] losses = new float[0];
    private int[] winner = new int[0];
    private final float[] lanes = new float[Lanes.COUNT];

    private void reserve(int batch) {
        if (losses.length < batch) {
            greatest = new float[batch];
            sum = new float[batch];
            losses = new float[batch];
            winner = new int[batch];
        }
    }

    /** Softmax or logistic function of the outputs, in their gradient tensor. */
    void probabilities(Loss loss, Neurons outputs, int batch) {
        reserve(batch);
        CpuTensor z = (CpuTensor) outputs.output();
        CpuTensor p = (CpuTensor) outputs.gradient();
        findWinners(z, batch);
        if (loss != Loss.CROSS_ENTROPY) {
            boolean logistic = loss != Loss.SQUARED_ERROR;
            for (int k = 0; k < z.rows(); k++) {
                for (int b = 0; b < batch; b++) {
                    float value = z.data()[z.at(k) + b];
                    p.data()[p.at(k) + b] = logistic ? ExactMath.sigmoid(value) : value;
                }
            }
            return;
        }
        Arrays.fill(sum, 0, batch, 0f);
        for (int k = 0; k < z.rows(); k++) {
            for (int b = 0; b < batch; b++) {
                float e = ExactMath.exp(z.data()[z.at(k) + b] - greatest[b]);
                p.data()[p.at(k) + b] = e;
                sum[b] += e;
            }
        }
        for (int k = 0; k < z.rows(); k++) {
            for (int b = 0; b < batch; b++) {
                p.data()[p.at(k) + b] /= sum[b];
            }
        }
    }

    private void findWinners(CpuTensor z, int batch) {
        for (int b = 0; b < batch; b++) {
            greatest[b] = z.data()[z.at(0) + b];
            winner[b] = 0;
        }
        for (int k = 1; k < z.rows(); k++) {
            for (int b = 0; b < batch; b++) {
                float value = z.data()[z.at(k) + b];
                if (value > greatest[b]) {
                    greatest[b] = value;
                    winner[b] = k;
                }
            }
        }
    }

    /** Adds the batch to {@code before}; leaves the derivative in the gradient tensor when training. */
    Totals loss(Loss loss, Neurons outputs, int[] labels, float @Nullable [] classWeights, Pass pass, Totals before) {
        int batch = pass.batch();
        probabilities(loss, outputs, batch);
        if (loss == Loss.SQUARED_ERROR) {
            squaredError((CpuTensor) outputs.gradient(), labels, pass);
            return added(before, 0, batch);
        }
        CpuTensor z = (CpuTensor) outputs.output();
        CpuTensor p = (CpuTensor) outputs.gradient();
        long correct = 0;
        for (int b = 0; b < batch; b++) {
            correct += winner[b] == labels[b] ? 1 : 0;
            losses[b] = loss == Loss.CROSS_ENTROPY
                    ? ExactMath.log(sum[b]) - (z.data()[z.at(labels[b]) + b] - greatest[b])
                    : 0f;
        }
        float share = 1f / batch;
        for (int k = 0; k < z.rows(); k++) {
            for (int b = 0; b < batch; b++) {
                int at = p.at(k) + b;
                float a = p.data()[at];
                float difference = a - (labels[b] == k ? 1f : 0f);
                if (loss != Loss.CROSS_ENTROPY) {
                    losses[b] = Math.fma(0.5f * difference, difference, losses[b]);
                    float s = loss == Loss.MSE ? a : ExactMath.sigmoid(a);
                    difference = difference * (s * (1f - s));
                }
                if (pass.training()) {
                    p.data()[at] = difference * (classWeights == null ? share : share * classWeights[labels[b]]);
                }
            }
        }
        for (int b = 0; classWeights != null && b < batch; b++) {
            losses[b] *= classWeights[labels[b]];
        }
        return added(before, correct, batch);
    }

    /** Labels are the bits of numbers here. */
    private void squaredError(CpuTensor p, int[] labels, Pass pass) {
        int batch = pass.batch();
        Arrays.fill(losses, 0, batch, 0f);
        float share = 1f / batch;
        for (int k = 0; k < p.rows(); k++) {
            for (int b = 0; b < batch; b++) {
                int at = p.at(k) + b;
                float difference = p.data()[at] - Float.intBitsToFloat(labels[b]);
                losses[b] = Math.fma(difference, difference, losses[b]);
                if (pass.training()) {
                    p.data()[at] = 2f * difference * share;
                }
            }
        }
    }

    private Totals added(Totals before, long correct, int batch) {
        return new Totals(
                before.loss() + Lanes.sum(losses, 0, batch, lanes),
                before.correct() + correct,
                before.samples() + batch);
    }
}
