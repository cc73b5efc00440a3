package coppice.oracle;

import coppice.backend.Activation;
import coppice.backend.Loss;
import org.jspecify.annotations.Nullable;

/**
 * A network of two layers in double, by plain loops over dense matrices: the truth that backends are held against.
 *
 * <p>Inputs are set, then {@link #forward} and {@link #backward} fill the rest. Activations are (neurons, batch).
 */
public final class OracleNetwork {
    public final Activation activation; // of the hidden layer
    public final Loss loss;
    public final double[][] firstWeights; // (hidden, inputs)
    public final double[] firstBias;
    public final double[][] secondWeights; // (outputs, hidden)
    public final double[] secondBias;
    public final double[][] slopes; // (4, hidden)
    public final double[][] kept; // (hidden, batch): 0 where dropped, else the scale
    public final double[][] x; // (inputs, batch)
    public final int[] labels; // (batch); for SQUARED_ERROR the bits of floats
    private final float @Nullable [] classWeights;

    private OracleActivation hiddenActivation;
    public double[][] hiddenZ = {};
    public double[][] hidden = {};
    public double[][] logits = {};
    public double[][] probabilities = {};
    public double totalLoss;
    public double[][] dLogits = {};
    public double[][] dHidden = {};
    public double[][] dHiddenZ = {};
    public double[][] dFirstWeights = {};
    public double[][] dSecondWeights = {};
    public double[] dFirstBias = {};
    public double[] dSecondBias = {};
    public double[][] dSlopes = {};

    @SuppressWarnings("checkstyle:ParameterNumber")
    public OracleNetwork(
            Activation activation,
            Loss loss,
            double[][] firstWeights,
            double[] firstBias,
            double[][] secondWeights,
            double[] secondBias,
            double[][] slopes,
            double[][] kept,
            double[][] x,
            int[] labels,
            float @Nullable [] classWeights) {
        this.activation = activation;
        this.loss = loss;
        this.firstWeights = firstWeights;
        this.firstBias = firstBias;
        this.secondWeights = secondWeights;
        this.secondBias = secondBias;
        this.slopes = slopes;
        this.hiddenActivation = new OracleActivation(activation, slopes);
        this.kept = kept;
        this.x = x;
        this.labels = labels;
        this.classWeights = classWeights;
    }

    public void forward() {
        hiddenZ = layer(firstWeights, firstBias, x);
        hidden = new double[hiddenZ.length][labels.length];
        for (int n = 0; n < hidden.length; n++) {
            for (int b = 0; b < labels.length; b++) {
                hidden[n][b] = hiddenActivation.value(n, hiddenZ[n][b]) * kept[n][b];
            }
        }
        logits = layer(secondWeights, secondBias, hidden);
        probabilities = new double[logits.length][labels.length];
        totalLoss = 0;
        for (int b = 0; b < labels.length; b++) {
            totalLoss += weight(b) * (loss == Loss.CROSS_ENTROPY ? crossEntropy(b) : squares(b));
        }
    }

    /** The loss that training minimises. */
    public double meanLoss() {
        forward();
        return totalLoss / labels.length;
    }

    private static double[][] layer(double[][] weights, double[] bias, double[][] x) {
        int batch = x[0].length;
        double[][] z = new double[weights.length][batch];
        for (int row = 0; row < weights.length; row++) {
            for (int b = 0; b < batch; b++) {
                z[row][b] = bias[row];
                for (int column = 0; column < x.length; column++) {
                    z[row][b] += weights[row][column] * x[column][b];
                }
            }
        }
        return z;
    }

    private double crossEntropy(int b) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (double[] z : logits) {
            greatest = Math.max(greatest, z[b]);
        }
        double sum = 0;
        for (double[] z : logits) {
            sum += Math.exp(z[b] - greatest);
        }
        for (int k = 0; k < logits.length; k++) {
            probabilities[k][b] = Math.exp(logits[k][b] - greatest) / sum;
        }
        return Math.log(sum) + greatest - logits[labels[b]][b];
    }

    private double weight(int b) {
        return classWeights == null ? 1 : classWeights[labels[b]];
    }

    private double target(int k, int b) {
        return loss == Loss.SQUARED_ERROR ? Float.intBitsToFloat(labels[b]) : labels[b] == k ? 1 : 0;
    }

    private double squares(int b) {
        boolean number = loss == Loss.SQUARED_ERROR;
        double sum = 0;
        for (int k = 0; k < logits.length; k++) {
            probabilities[k][b] = number ? logits[k][b] : OracleActivation.logistic(logits[k][b]);
            double difference = probabilities[k][b] - target(k, b);
            sum += difference * difference / (number ? 1 : 2);
        }
        return sum;
    }

    public void backward() {
        int batch = labels.length;
        dLogits = new double[logits.length][batch];
        for (int k = 0; k < logits.length; k++) {
            for (int b = 0; b < batch; b++) {
                double p = probabilities[k][b];
                double difference = p - target(k, b);
                double slope = switch (loss) {
                    case CROSS_ENTROPY -> 1;
                    case MSE -> p * (1 - p);
                    case MSE_REFERENCE -> OracleActivation.logistic(p) * (1 - OracleActivation.logistic(p));
                    case SQUARED_ERROR -> 2;
                };
                dLogits[k][b] = weight(b) * difference * slope / batch;
            }
        }
        dSecondWeights = outer(dLogits, hidden);
        dSecondBias = rowSums(dLogits);
        dHidden = new double[hidden.length][batch];
        dHiddenZ = new double[hidden.length][batch];
        hiddenActivation = new OracleActivation(activation, slopes);
        dSlopes = hiddenActivation.gradient;
        for (int n = 0; n < hidden.length; n++) {
            for (int b = 0; b < batch; b++) {
                for (int k = 0; k < logits.length; k++) {
                    dHidden[n][b] += secondWeights[k][n] * dLogits[k][b];
                }
                double t = dHidden[n][b] * kept[n][b];
                dHiddenZ[n][b] = t * hiddenActivation.derivative(n, hiddenZ[n][b], t);
            }
        }
        dFirstWeights = outer(dHiddenZ, x);
        dFirstBias = rowSums(dHiddenZ);
    }

    private static double[][] outer(double[][] dz, double[][] x) {
        double[][] sums = new double[dz.length][x.length];
        for (int row = 0; row < dz.length; row++) {
            for (int column = 0; column < x.length; column++) {
                for (int b = 0; b < dz[row].length; b++) {
                    sums[row][column] += dz[row][b] * x[column][b];
                }
            }
        }
        return sums;
    }

    private static double[] rowSums(double[][] dz) {
        double[] sums = new double[dz.length];
        for (int row = 0; row < dz.length; row++) {
            for (double value : dz[row]) {
                sums[row] += value;
            }
        }
        return sums;
    }
}
