package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Pass;
import coppice.backend.Totals;
import coppice.matrix.CsrPattern;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.Objects;

/** One step of contrastive divergence on a dense matrix in double precision, with the stated random numbers. */
final class RbmOracle {
    private static final int DATA = 1 << 21;

    private final LayerState state;
    private final ContrastiveDivergence divergence;
    private final long seed;
    private final int capacity;
    private final int hidden;
    private final int visible;
    private final double[][] weights; // (hidden, visible)
    private final boolean[][] connected;
    private final double[] hiddenBias;
    private final double[] visibleBias;
    private double error;
    private int samples;

    RbmOracle(LayerState state, ContrastiveDivergence divergence, long seed, int capacity) {
        this.state = state;
        this.divergence = divergence;
        this.seed = seed;
        this.capacity = capacity;
        this.hidden = state.outputs();
        this.visible = state.inputs();
        this.weights = new double[hidden][visible];
        this.connected = new boolean[hidden][visible];
        this.hiddenBias = widened(state.bias());
        this.visibleBias = widened(Objects.requireNonNull(state.visible()).bias());
        CsrPattern pattern = state.pattern();
        for (int h = 0; h < hidden; h++) {
            int from = pattern == null ? h * visible : pattern.rowOffsets()[h];
            int to = pattern == null ? from + visible : pattern.rowOffsets()[h + 1];
            for (int k = from; k < to; k++) {
                int v = pattern == null ? k - from : pattern.columnIndices()[k];
                weights[h][v] = state.weights()[k];
                connected[h][v] = true;
            }
        }
    }

    private static double[] widened(float[] values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /** Minus the energy of a joint state, unit i of a side being bit i. */
    double logPotential(int v, int h) {
        double sum = 0;
        for (int i = 0; i < visible; i++) {
            sum += (v >> i & 1) * visibleBias[i];
        }
        for (int j = 0; j < hidden; j++) {
            for (int i = 0; i < visible; i++) {
                sum += (h >> j & 1) * (v >> i & 1) * weights[j][i];
            }
            sum += (h >> j & 1) * hiddenBias[j];
        }
        return sum;
    }

    /** Changes weights and biases by one step of rate 1; {@code input} is (visible, columns). */
    void learn(float[] input, Pass pass) {
        double[][] data = new double[visible][pass.batch()];
        for (int v = 0; v < visible; v++) {
            for (int b = 0; b < pass.batch(); b++) {
                data[v][b] = input[v * (input.length / visible) + b];
            }
        }
        if (divergence.resample()) {
            data = draw(data, DATA, pass.step());
        }
        double[][] up = up(data);
        double[][] states = draw(up, 0, pass.step());
        error(data, down(divergence.persistent() ? up : states));
        if (divergence.persistent()) {
            states = chains();
        }
        double[][] chain = data;
        double[][] chainUp = up;
        for (int step = 1; step <= divergence.steps(); step++) {
            double[][] p = down(states);
            chain = divergence.sampleVisible() ? draw(p, 2 * step - 1, pass.step()) : p;
            chainUp = up(chain);
            states = draw(chainUp, 2 * step, pass.step());
        }
        move(data, up, 1.0 / data[0].length);
        move(chain, chainUp, -1.0 / chain[0].length);
    }

    private double[][] chains() {
        float[] chains =
                Objects.requireNonNull(Objects.requireNonNull(state.visible()).chains());
        double[][] states = new double[hidden][capacity];
        for (int h = 0; h < hidden; h++) {
            for (int b = 0; b < capacity; b++) {
                states[h][b] = chains[h * capacity + b];
            }
        }
        return states;
    }

    private void move(double[][] v, double[][] h, double factor) {
        for (int b = 0; b < v[0].length; b++) {
            for (int j = 0; j < hidden; j++) {
                for (int i = 0; i < visible; i++) {
                    moves[j][i] += factor * h[j][b] * v[i][b];
                }
                hiddenMoves[j] += factor * h[j][b];
            }
            for (int i = 0; i < visible; i++) {
                visibleMoves[i] += factor * v[i][b];
            }
        }
    }

    private final double[][] moves = new double[64][64];
    private final double[] hiddenMoves = new double[64];
    private final double[] visibleMoves = new double[64];

    private double[][] up(double[][] v) {
        double[][] p = new double[hidden][v[0].length];
        for (int j = 0; j < hidden; j++) {
            for (int b = 0; b < p[j].length; b++) {
                double sum = hiddenBias[j];
                for (int i = 0; i < visible; i++) {
                    sum += weights[j][i] * v[i][b];
                }
                p[j][b] = 1 / (1 + Math.exp(-sum));
            }
        }
        return p;
    }

    private double[][] down(double[][] h) {
        double[][] p = new double[visible][h[0].length];
        for (int i = 0; i < visible; i++) {
            for (int b = 0; b < p[i].length; b++) {
                double sum = visibleBias[i];
                for (int j = 0; j < hidden; j++) {
                    sum += weights[j][i] * h[j][b];
                }
                p[i][b] = 1 / (1 + Math.exp(-sum));
            }
        }
        return p;
    }

    private double[][] draw(double[][] p, int purpose, int step) {
        double[][] states = new double[p.length][p[0].length];
        int[] words = new int[4];
        for (int unit = 0; unit < p.length; unit++) {
            for (int b = 0; b < p[unit].length; b++) {
                int block = b / 32 * 8 + b % 16 / 2;
                Philox.block(seed, block, unit, step, Philox.purposeWord(Stream.SAMPLE, purpose), words, 0);
                double u = (words[b % 32 / 16 * 2 + b % 2] >>> 8) / 16777216.0;
                states[unit][b] = u < p[unit][b] ? 1 : 0;
            }
        }
        return states;
    }

    private void error(double[][] data, double[][] p) {
        for (int b = 0; b < data[0].length; b++) {
            for (int i = 0; i < visible; i++) {
                error += (data[i][b] - p[i][b]) * (data[i][b] - p[i][b]) / visible;
            }
        }
        samples += data[0].length;
    }

    /** Compares what a machine has learned, and its error. */
    void check(LayerState learned, Totals totals) {
        int k = 0;
        for (int j = 0; j < hidden; j++) {
            assertEquals(hiddenBias[j] + hiddenMoves[j], learned.bias()[j], 1e-5, "hidden bias " + j);
            for (int i = 0; i < visible; i++) {
                if (connected[j][i]) {
                    assertEquals(weights[j][i] + moves[j][i], learned.weights()[k++], 1e-5, "weight " + j + ", " + i);
                }
            }
        }
        for (int i = 0; i < visible; i++) {
            float actual = Objects.requireNonNull(learned.visible()).bias()[i];
            assertEquals(visibleBias[i] + visibleMoves[i], actual, 1e-5, "visible bias " + i);
        }
        assertEquals(error, totals.loss(), 1e-5 * error);
        assertEquals(samples, totals.samples());
    }
}
