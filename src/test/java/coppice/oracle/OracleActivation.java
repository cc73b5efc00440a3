package coppice.oracle;

import coppice.backend.Activation;

/** An activation in double, with SReLU's parameters of each neuron and their gradient. */
public final class OracleActivation {
    private final Activation activation;
    private final double[][] slopes; // (4, neurons), or empty

    /** The gradient of SReLU's parameters, (4, neurons), added up by {@link #derivative}. */
    public final double[][] gradient;

    /** An activation of neurons whose parameters are {@code slopes}; empty for other functions than SReLU. */
    public OracleActivation(Activation activation, double[][] slopes) {
        this.activation = activation;
        this.slopes = slopes;
        this.gradient = new double[slopes.length][slopes.length == 0 ? 0 : slopes[0].length];
    }

    static double logistic(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    /** f(z). */
    public double value(int neuron, double z) {
        return switch (activation.kind()) {
            case IDENTITY -> z;
            case RELU -> Math.max(z, 0);
            case LEAKY -> z > 0 ? z : activation.slope() * z;
            case TANH -> Math.tanh(z);
            case SIGMOID -> logistic(z);
            case SRELU -> {
                double left = slopes[0][neuron];
                double right = left + Math.abs(slopes[2][neuron]);
                yield z >= right
                        ? right + slopes[3][neuron] * (z - right)
                        : z <= left ? left + slopes[1][neuron] * (z - left) : z;
            }
        };
    }

    /** f'(z); adds to the gradient of SReLU's parameters, given the gradient {@code t} by the output. */
    public double derivative(int neuron, double z, double t) {
        return switch (activation.kind()) {
            case IDENTITY -> 1;
            case RELU -> z > 0 ? 1 : 0;
            case LEAKY -> z > 0 ? 1 : activation.slope();
            case TANH -> 1 - Math.tanh(z) * Math.tanh(z);
            case SIGMOID -> logistic(z) * (1 - logistic(z));
            case SRELU -> {
                double left = slopes[0][neuron];
                double right = left + Math.abs(slopes[2][neuron]);
                if (z >= right) {
                    gradient[0][neuron] += t * (1 - slopes[3][neuron]);
                    gradient[2][neuron] += t * (1 - slopes[3][neuron]) * Math.signum(slopes[2][neuron]);
                    gradient[3][neuron] += t * (z - right);
                    yield slopes[3][neuron];
                }
                if (z <= left) {
                    gradient[0][neuron] += t * (1 - slopes[1][neuron]);
                    gradient[1][neuron] += t * (z - left);
                    yield slopes[1][neuron];
                }
                yield 1;
            }
        };
    }
}
