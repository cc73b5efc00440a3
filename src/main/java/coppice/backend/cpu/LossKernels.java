package coppice.backend.cpu;

import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Totals;

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
            for (int k = 0; k < z.rows(); k++) {
                for (int b = 0; b < batch; b++) {
                    p.data()[p.at(k) + b] = ExactMath.sigmoid(z.data()[z.at(k) + b]);
                }
            }
            return;
        }
        java.util.Arrays.fill(sum, 0, batch, 0f);
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
    Totals loss(Loss loss, Neurons outputs, int[] labels, int batch, boolean training, Totals before) {
        probabilities(loss, outputs, batch);
        CpuTensor z = (CpuTensor) outputs.output();
        CpuTensor p = (CpuTensor) outputs.gradient();
        long correct = before.correct();
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
                if (training) {
                    p.data()[at] = difference * share;
                }
            }
        }
        return new Totals(before.loss() + Lanes.sum(losses, 0, batch, lanes), correct, before.samples() + batch);
    }
}
