package coppice.backend.cpu;

import coppice.backend.Neurons;
import java.util.Objects;

/**
 * The S-shaped rectified linear unit of one neuron (Jin et al., Deep learning with S-shaped rectified linear activation
 * units, AAAI 2016).
 *
 * @param leftKnee t
 * @param leftSlope l
 * @param distance d, as learned; the right knee is t + |d|
 * @param rightSlope r
 * @param rightKnee t + |d|
 */
public record Srelu(float leftKnee, float leftSlope, float distance, float rightSlope, float rightKnee) {
    /** The parameters of a neuron: rows t, l, d, r of the neurons' slopes. */
    public static Srelu of(Neurons neurons, int neuron) {
        CpuTensor slopes = (CpuTensor) Objects.requireNonNull(neurons.slopes()).value();
        float[] data = slopes.data();
        float knee = data[slopes.at(0) + neuron];
        float distance = data[slopes.at(2) + neuron];
        return new Srelu(
                knee,
                data[slopes.at(1) + neuron],
                distance,
                data[slopes.at(3) + neuron],
                knee + (distance < 0 ? -distance : distance));
    }

    /** The function. */
    public float value(float z) {
        if (z >= rightKnee) {
            return Math.fma(rightSlope, z - rightKnee, rightKnee);
        }
        return z <= leftKnee ? Math.fma(leftSlope, z - leftKnee, leftKnee) : z;
    }

    /**
     * Writes the gradient of the four parameters.
     *
     * @param left sum of t left of the left knee
     * @param leftDistance sum of t * (z - left knee) there
     * @param right sum of t right of the right knee
     * @param rightDistance sum of t * (z - right knee) there
     */
    public void writeGradient(
            Neurons neurons, int neuron, float left, float leftDistance, float right, float rightDistance) {
        CpuTensor gradient = (CpuTensor) Objects.requireNonNull(neurons.slopeGradient());
        float knees = (1f - rightSlope) * right;
        float[] data = gradient.data();
        data[gradient.at(0) + neuron] = Math.fma(1f - leftSlope, left, knees);
        data[gradient.at(1) + neuron] = leftDistance;
        data[gradient.at(2) + neuron] = distance < 0 ? -knees : knees;
        data[gradient.at(3) + neuron] = rightDistance;
    }
}
