package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Backend;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Sums;
import coppice.backend.Totals;
import coppice.backend.Update.Kind;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.model.AnnealedImportanceSampling.Estimate;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Restricted Boltzmann machines against double precision and going through all states. */
class RbmTest {
    private static final long SEED = 9;

    private final Backend backend = Networks.backend();

    private static float[] numbers(int count, int seed, float scale) {
        RandomStream random = new RandomStream(seed, Stream.INIT, 0, 0);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = scale * (2 * random.nextFloat() - 1);
        }
        return numbers;
    }

    /** Every third cell, and no connection at all of hidden unit 1. */
    private static CsrPattern pattern(int hidden, int visible) {
        int[] offsets = new int[hidden + 1];
        int[] columns = new int[hidden * visible];
        int count = 0;
        for (int h = 0; h < hidden; h++) {
            for (int v = 0; v < visible; v++) {
                if (h != 1 && (h + 2 * v) % 3 != 0) {
                    columns[count++] = v;
                }
            }
            offsets[h + 1] = count;
        }
        return new CsrPattern(hidden, visible, offsets, java.util.Arrays.copyOf(columns, count));
    }

    private static LayerState machine(int hidden, int visible, boolean dense, float[] chains) {
        CsrPattern pattern = dense ? null : pattern(hidden, visible);
        int count = pattern == null ? hidden * visible : pattern.connections();
        return new LayerState(
                        hidden,
                        visible,
                        pattern,
                        null,
                        numbers(count, 1, 1.5f),
                        List.of(),
                        numbers(hidden, 2, 1),
                        List.of(),
                        null,
                        List.of(),
                        null)
                .withVisible(new VisibleUnits(
                        numbers(visible, 3, 1),
                        List.of(),
                        numbers(visible, 4, 0.5f),
                        chains.length == 0 ? null : chains));
    }

    private static LayerState copy(LayerState state) {
        return Networks.copy(List.of(state)).get(0).withVisible(Objects.requireNonNull(state.visible()));
    }

    @ParameterizedTest
    @CsvSource({
        "1, false, false, false, 7, 7",
        "1, false, true, false, 33, 33",
        "3, false, true, false, 4, 7",
        "1, false, true, false, 10, 10",
        "2, true, true, false, 9, 10",
        "2, true, true, false, 5, 7",
        "2, true, false, true, 7, 7",
        "1, false, true, true, 40, 50"
    })
    void aStepIsContrastiveDivergence(
            int steps, boolean persistent, boolean sampleVisible, boolean resample, int batch, int capacity) {
        for (boolean dense : new boolean[] {false, true}) {
            int hidden = 6;
            int visible = 11;
            float[] chains = new float[persistent ? hidden * capacity : 0];
            for (int i = 0; i < chains.length; i++) {
                chains[i] = i % 3 == 0 ? 1 : 0;
            }
            LayerState state = machine(hidden, visible, dense, chains);
            ContrastiveDivergence divergence = new ContrastiveDivergence(steps, persistent, sampleVisible, resample);
            RbmOracle oracle = new RbmOracle(state, divergence, SEED, capacity);
            Rbm rbm = new Rbm(backend, divergence, copy(state), 1, capacity, SEED);
            float[] input = numbers(visible * rbm.input().columns(), 5, 0.5f);
            for (int i = 0; i < input.length; i++) {
                input[i] += 0.5f;
            }
            backend.upload(rbm.input(), input);
            backend.setTotals(Totals.ZERO);
            Samples none = backend.samples(new DenseMatrix(1, visible, new float[visible]), new int[1]);
            Pass pass = new Pass(batch, true, 17);
            rbm.learn(none, 0, pass, new Optimizer(Kind.SGD, 0, 0, false, 0, 1).update(1, 0), phase -> {});
            oracle.learn(input, pass);
            oracle.check(rbm.state().get(0), backend.totals());
        }
    }

    /** log of the sum over all states of both sides. */
    private static double bruteForce(LayerState machine) {
        RbmOracle oracle = new RbmOracle(machine, new ContrastiveDivergence(1, false, true, false), SEED, 1);
        double sum = 0;
        for (int v = 0; v < 1 << machine.inputs(); v++) {
            for (int h = 0; h < 1 << machine.outputs(); h++) {
                sum += Math.exp(oracle.logPotential(v, h));
            }
        }
        return Math.log(sum);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, true", "5, 8, false", "8, 5, false", "6, 7, true", "10, 7, true"})
    void theExactPartitionFunctionIsTheSumOverAllStates(int hidden, int visible, boolean dense) {
        LayerState machine = machine(hidden, visible, dense, new float[0]);
        try (WorkerPool pool = new WorkerPool(3)) {
            assertEquals(bruteForce(machine), ExactPartition.log(machine, pool), 1e-10);
        }
    }

    @Test
    void tooManyUnitsForTheExactPartitionFunctionAreRefused() {
        LayerState machine = machine(21, 22, false, new float[0]);
        try (WorkerPool pool = new WorkerPool(1)) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> ExactPartition.log(machine, pool));
            assertEquals(
                    "the exact partition function needs a side of at most 20 units, and the smaller one has 21",
                    e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void annealedImportanceSamplingFindsThePartitionFunction(boolean dense) {
        LayerState machine = machine(15, 40, dense, new float[0]);
        Rbm rbm = new Rbm(backend, new ContrastiveDivergence(1, false, true, false), copy(machine), 0, 3, SEED);
        int[] steps = {0};
        Estimate estimate = AnnealedImportanceSampling.brief().run(backend, rbm, SEED, step -> steps[0] = step);
        assertEquals(1450, steps[0]);
        double exact;
        try (WorkerPool pool = new WorkerPool(1)) {
            exact = ExactPartition.log(machine, pool);
        }
        assertTrue(estimate.low() < exact && exact < estimate.high(), estimate + " of " + exact);
        assertTrue(estimate.high() - estimate.low() < 1, estimate.toString());
    }

    @Test
    void probabilitiesOfAllVisibleStatesAddUpToOne() {
        LayerState machine = machine(4, 6, false, new float[0]);
        int all = 1 << 6;
        Rbm rbm = new Rbm(backend, new ContrastiveDivergence(1, false, true, false), copy(machine), 0, all, SEED);
        float[] states = new float[6 * all];
        for (int i = 0; i < states.length; i++) {
            states[i] = ((i % all) >> (i / all)) & 1;
        }
        backend.upload(rbm.input(), states);
        Sums sums = backend.sums(all);
        rbm.addLogPotential(sums, new Pass(all, false, 0));
        double logPartition = bruteForce(machine);
        double total = 0;
        for (double sum : backend.download(sums)) {
            total += Math.exp(sum + rbm.hiddenUnits() * Math.log(2) - logPartition);
        }
        assertEquals(1, total, 1e-5);
    }

    @Test
    void gibbsSamplesHaveTheMachinesMeans() {
        LayerState machine = machine(4, 5, false, new float[0]);
        RbmOracle oracle = new RbmOracle(machine, new ContrastiveDivergence(1, false, true, false), SEED, 1);
        int count = 4000;
        Rbm rbm = new Rbm(backend, new ContrastiveDivergence(1, false, true, false), copy(machine), 0, count, SEED);
        float[] p = backend.download(rbm.sample(backend.tensor(5, 1), count, 30));
        double logPartition = bruteForce(machine);
        for (int unit = 0; unit < 5; unit++) {
            double expected = 0;
            for (int v = 0; v < 1 << 5; v++) {
                for (int h = 0; h < 1 << 4 && (v >> unit & 1) == 1; h++) {
                    expected += Math.exp(oracle.logPotential(v, h) - logPartition);
                }
            }
            double mean = 0;
            for (int b = 0; b < count; b++) {
                mean += p[unit * count + b] / count;
            }
            assertEquals(expected, mean, 0.03, "unit " + unit);
        }
    }
}
