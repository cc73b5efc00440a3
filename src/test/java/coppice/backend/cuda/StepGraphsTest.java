package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.matrix.DenseMatrix;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A step that is recorded and replayed does what its operations do one by one. */
@Tag("cuda")
class StepGraphsTest {
    private static final int EPOCHS = 4;

    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    /** Epochs of two whole batches and a shorter one with evaluation between, and evolution in the middle. */
    private static List<float[]> train(SmallTraining.Maker maker, Update.Kind kind, boolean recorded) {
        try (CudaBackend backend = CudaBackend.open(0)) {
            SmallTraining network = maker.make(backend, kind);
            int step = 0;
            for (int epoch = 0; epoch < 2 * EPOCHS; epoch++) {
                if (epoch == EPOCHS) {
                    network.rewire();
                }
                for (int start = 0; start < SmallNetwork.SAMPLES; start += SmallNetwork.BATCH) {
                    if (recorded) {
                        network.step(start, step);
                        network.evaluate(start);
                    } else {
                        network.stepDirectly(start, step);
                        network.evaluateDirectly(start);
                    }
                    step++;
                }
            }
            return network.results();
        }
    }

    @ParameterizedTest
    @EnumSource(Update.Kind.class)
    void replayGivesTheSameBits(Update.Kind kind) {
        replayGivesTheSameBits(SmallNetwork::new, kind);
    }

    @ParameterizedTest
    @EnumSource(Update.Kind.class)
    void replayOfConvolutionsGivesTheSameBits(Update.Kind kind) {
        replayGivesTheSameBits(SmallImages::new, kind);
    }

    private static void replayGivesTheSameBits(SmallTraining.Maker maker, Update.Kind kind) {
        List<float[]> expected = train(maker, kind, false);
        List<float[]> actual = train(maker, kind, true);
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
        }
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
        assertEquals(0, SimulatedCuda.liveHandles(), "graphs that were not destroyed");
    }

    private static long launchesOf(Runnable work) {
        long before = SimulatedCuda.calls(SimulatedCuda.Calls.LAUNCH);
        work.run();
        return SimulatedCuda.calls(SimulatedCuda.Calls.LAUNCH) - before;
    }

    @Test
    void fromTheThirdOfAKindOnAStepIsOneLaunchAndOneCopy() {
        try (CudaBackend backend = CudaBackend.open(0)) {
            SmallNetwork network = new SmallNetwork(backend, Update.Kind.ADAM);
            long operations = launchesOf(() -> network.step(0, 0));
            assertEquals(operations + 1, launchesOf(() -> network.step(SmallNetwork.BATCH, 1)), "recorded");
            for (int step = 2; step < 6; step++) {
                int number = step;
                long all = SimulatedCuda.calls(SimulatedCuda.Calls.ANY);
                long copies = SimulatedCuda.calls(SimulatedCuda.Calls.COPY);
                assertEquals(1, launchesOf(() -> network.step(number % 2 * SmallNetwork.BATCH, number)));
                assertEquals(1, SimulatedCuda.calls(SimulatedCuda.Calls.COPY) - copies, "copies of the step's state");
                assertEquals(2, SimulatedCuda.calls(SimulatedCuda.Calls.ANY) - all, "calls to the driver");
            }
            assertEquals(operations, launchesOf(() -> network.step(2 * SmallNetwork.BATCH, 6)), "a shorter batch");
            network.evaluate(0);
            network.evaluate(SmallNetwork.BATCH);
            assertEquals(1, launchesOf(() -> network.evaluate(0)));
            network.rewire();
            assertEquals(operations, launchesOf(() -> network.step(0, 7)), "after evolution");
            assertEquals(operations + 1, launchesOf(() -> network.step(0, 8)), "recorded again");
            assertEquals(1, launchesOf(() -> network.step(0, 9)));
        }
    }

    /** Maps are no part of a recording, but whether there are any is. */
    @Test
    void replayedStepsReadTheMapsOfTheirEpoch() {
        try (CudaBackend backend = CudaBackend.open(0);
                CudaBackend other = CudaBackend.open(0)) {
            SmallNetwork recorded = new SmallNetwork(backend, Update.Kind.SGD);
            SmallNetwork direct = new SmallNetwork(other, Update.Kind.SGD);
            for (int step = 0; step < 12; step++) {
                int number = step;
                for (SmallNetwork network : List.of(recorded, direct)) {
                    if (step < 6) {
                        network.shuffleImages(step + 1);
                    } else {
                        network.shuffle(step + 1);
                    }
                }
                long launches = launchesOf(() -> recorded.step(number % 2 * SmallNetwork.BATCH, number));
                direct.stepDirectly(number % 2 * SmallNetwork.BATCH, number);
                assertEquals(step % 6 >= 2, launches == 1, "step " + step + " is replayed");
            }
            List<float[]> expected = direct.results();
            List<float[]> actual = recorded.results();
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
            }
        }
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    /** The host may be further ahead than there are slots for the state of steps. */
    @Test
    void moreStepsThanSlotsWithoutAWait() {
        try (CudaBackend one = CudaBackend.open(0);
                CudaBackend other = CudaBackend.open(0)) {
            SmallNetwork recorded = new SmallNetwork(one, Update.Kind.SGD);
            SmallNetwork direct = new SmallNetwork(other, Update.Kind.SGD);
            for (int step = 0; step < 300; step++) {
                recorded.step(step % 2 * SmallNetwork.BATCH, step);
                direct.stepDirectly(step % 2 * SmallNetwork.BATCH, step);
            }
            List<float[]> expected = direct.results();
            List<float[]> actual = recorded.results();
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
            }
        }
    }

    /** A second network needs more scratch than the first, whose recordings still point at the old. */
    @Test
    void scratchThatGrowsEndsRecordings() {
        try (CudaBackend backend = CudaBackend.open(0);
                CudaBackend other = CudaBackend.open(0)) {
            SmallNetwork recorded = new SmallNetwork(backend, Update.Kind.SGD);
            SmallNetwork direct = new SmallNetwork(other, Update.Kind.SGD);
            for (int step = 0; step < 6; step++) {
                if (step == 3) {
                    growScratch(backend);
                }
                recorded.step(0, step);
                direct.stepDirectly(0, step);
            }
            List<float[]> expected = direct.results();
            List<float[]> actual = recorded.results();
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
            }
        }
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    /** A dense layer and a batch greater than any before. */
    private static void growScratch(CudaBackend backend) {
        int batch = 4 * SmallNetwork.BATCH;
        Pass pass = new Pass(batch, true, 0);
        Parameter weights = new Parameter(backend.tensor(40, 50), List.of(backend.tensor(40, 50)));
        Parameter bias = new Parameter(backend.tensor(40, 1), List.of(backend.tensor(40, 1)));
        Update update = new Update(Update.Kind.SGD, 0.1f, 0, 0, false, 0, 0, 0);
        backend.update(
                weights,
                bias,
                backend.activations(40, batch),
                backend.activations(50, batch),
                new Backend.Updates(update, update),
                pass);
        Neurons outputs = Neurons.of(
                backend, Activation.IDENTITY, backend.activations(3, batch), backend.activations(3, batch), null, null);
        Samples samples = backend.samples(new DenseMatrix(batch, 1, new float[batch]), new int[batch]);
        int[] order = new int[batch];
        Arrays.setAll(order, i -> i);
        backend.order(samples, order);
        Totals before = backend.totals();
        backend.loss(Loss.MSE, samples, 0, outputs, pass);
        backend.setTotals(before);
    }
}
