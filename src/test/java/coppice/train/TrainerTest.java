package coppice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.matrix.DenseMatrix;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.run.Json;
import coppice.run.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The training loop on a tiny problem: 50 samples in batches of 16, so 4 steps an epoch, the last of 2 samples. */
class TrainerTest {
    private static final int FEATURES = 6;
    private static final int STEPS = 4;
    private static final int NEVER = Integer.MAX_VALUE;

    private static Dataset samples(int count, int from) {
        float[] features = new float[count * FEATURES];
        int[] labels = new int[count];
        for (int row = 0; row < count; row++) {
            int id = from + row;
            labels[row] = id % 3;
            for (int c = 0; c < FEATURES; c++) {
                int noise = (id * 31 + c * 17 + id * c * 7) % 23;
                features[row * FEATURES + c] = (c % 3 == labels[row] ? 1 : 0) + noise / 16f;
            }
        }
        return Dataset.of(new DenseMatrix(count, FEATURES, features), labels, List.of("a", "b", "c"));
    }

    private static Settings settings(String... changes) {
        Map<String, String> values = new HashMap<>(Map.of(
                "hidden", "9,8",
                "epsilon", "2",
                "dropout", "0.1",
                "batch-size", "16",
                "epochs", "3",
                "learning-rate", "0.05",
                "seed", "11"));
        for (int i = 0; i < changes.length; i += 2) {
            values.put(changes[i], changes[i + 1]);
        }
        return Settings.of(values);
    }

    private static TrainResult train(Path directory, int stopAfter, int threads, Settings settings) throws IOException {
        Dataset train = samples(50, 0);
        TrainData data = new TrainData(
                train, null, samples(20, 50), Normalization.fit(Normalization.Kind.ZSCORE, train.features()));
        AtomicInteger asked = new AtomicInteger();
        try (WorkerPool pool = new WorkerPool(threads);
                CpuBackend backend = new CpuBackend(KernelSet.plain(), pool);
                RunDirectory run = RunDirectory.open(directory, true)) {
            return new Trainer(
                            TrainConfig.of(settings),
                            settings.values(Setting.Scope.RESULT, Setting.Scope.DATA),
                            data,
                            backend,
                            pool,
                            run,
                            Progress.NONE)
                    .run(() -> asked.getAndIncrement() >= stopAfter);
        }
    }

    private static byte[] last(Path directory) throws IOException {
        return Files.readAllBytes(directory.resolve("last.safetensors"));
    }

    /** The lines of the metrics without the times. */
    private static List<Map<?, ?>> metrics(Path directory) throws IOException {
        List<Map<?, ?>> lines = new ArrayList<>();
        for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
            Map<?, ?> values = Json.parse(line, Map.class);
            values.remove("seconds");
            lines.add(values);
        }
        return lines;
    }

    private static List<?> column(Path directory, String name) throws IOException {
        return metrics(directory).stream().map(line -> line.get(name)).toList();
    }

    @Test
    void connectionsStayUntilTheLastEpochCutsSome(@TempDir Path directory) throws IOException {
        TrainResult result = train(directory, NEVER, 1, settings("epochs", "4"));
        assertEquals("completed", result.status());
        assertEquals(4 * STEPS, result.steps());
        // 2 * 15 + 2 * 17 + 8 * 3
        List<?> connections = column(directory, "connections");
        assertEquals(List.of(88, 88, 88), connections.subList(0, 3));
        assertTrue(result.connections() < 88);
        assertEquals(List.of((int) result.connections()), connections.subList(3, 4));
        List<?> explored = column(directory, "connections_explored");
        assertEquals(88, explored.get(0));
        assertTrue((int) explored.get(1) > 88);
        assertEquals(List.of(4, 8, 12, 16), column(directory, "step"));
    }

    @Test
    void atEndNoneKeepsAndEvolveRegrows(@TempDir Path directory) throws IOException {
        assertEquals(
                88,
                train(directory.resolve("none"), NEVER, 1, settings("at-end", "none"))
                        .connections());
        assertEquals(
                88,
                train(directory.resolve("evolve"), NEVER, 1, settings("at-end", "evolve"))
                        .connections());
        train(directory.resolve("static"), NEVER, 1, settings("evolution", "static"));
        assertEquals(List.of(88, 88, 88), column(directory.resolve("static"), "connections_explored"));
        List<?> none = column(directory.resolve("none"), "connections_explored");
        List<?> evolve = column(directory.resolve("evolve"), "connections_explored");
        assertEquals(none.subList(0, 2), evolve.subList(0, 2));
        assertTrue((int) evolve.get(2) > (int) none.get(2));
        train(directory.resolve("prune"), NEVER, 1, settings());
        assertEquals(none, column(directory.resolve("prune"), "connections_explored"));
    }

    /** The features as images of 2 x 3 pixels; every kind of layer, batch and parameter is saved in mid-epoch. */
    @Test
    void aConvolutionalNetworkGoesOnToTheSameBytes(@TempDir Path directory) throws IOException {
        Map<String, String> values = new HashMap<>(settings().values(Setting.Scope.RESULT));
        List.of("hidden", "activation", "dropout", "sparse-output").forEach(values::remove);
        values.put("image", "1x2x3");
        values.put(
                "layers",
                "conv:4x2 relu dropout:0.2 sparse-conv:6x2,density=0.5 srelu pool:2,stride=1 dropout:0.1"
                        + " sparse:9,density=0.4 srelu dense:classes");
        Settings settings = Settings.of(values);
        TrainResult whole = train(directory.resolve("whole"), NEVER, 3, settings);
        assertTrue(Objects.requireNonNull(whole.trainLoss()) < 1.05, "it learns: " + whole.trainLoss());
        assertEquals(
                List.of(134, 134),
                column(directory.resolve("whole"), "connections").subList(0, 2)); // 16 + 48 + 43 + 27
        assertTrue(whole.connections() < 134 - 20);
        for (int stop : new int[] {1, STEPS, STEPS + 2}) {
            Path parts = directory.resolve("parts" + stop);
            assertEquals("stopped", train(parts, stop, 1, settings).status());
            assertEquals(
                    whole.checkpointSha256(), train(parts, NEVER, 1, settings).checkpointSha256());
            assertArrayEquals(last(directory.resolve("whole")), last(parts));
        }
    }

    @Test
    void theCheckpointOfAnotherNetworkIsMalformedData(@TempDir Path directory) throws IOException {
        train(directory, 2, 1, settings());
        MalformedDataException e =
                assertThrows(MalformedDataException.class, () -> train(directory, NEVER, 1, settings("hidden", "9,7")));
        assertEquals(
                directory.resolve("last.safetensors") + ": layer 1 does not have the sizes of 'sparse:7' on 9",
                e.getMessage());
    }

    @Test
    void evolveEverySecondEpoch(@TempDir Path directory) throws IOException {
        train(directory, NEVER, 1, settings("epochs", "5", "evolve-every", "2", "at-end", "none"));
        List<?> explored = column(directory, "connections_explored");
        assertEquals(explored.get(0), explored.get(1));
        assertTrue((int) explored.get(2) > (int) explored.get(1));
        assertEquals(explored.get(2), explored.get(3));
        assertTrue((int) explored.get(4) > (int) explored.get(3));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 4, 5, 8, 11})
    void aStoppedRunGoesOnToTheSameBytes(int stopAfter, @TempDir Path parent) throws IOException {
        Settings settings = settings("optimizer", "adam", "activation", "srelu");
        Path whole = parent.resolve("whole");
        Path stopped = parent.resolve("stopped");
        train(whole, NEVER, 1, settings);
        TrainResult half = train(stopped, stopAfter, 2, settings);
        assertEquals("stopped", half.status());
        assertEquals(stopAfter, half.steps());
        assertEquals(stopAfter / STEPS, half.epochs());
        assertEquals("completed", train(stopped, NEVER, 3, settings).status());
        assertArrayEquals(last(whole), last(stopped));
        assertEquals(metrics(whole), metrics(stopped));
        assertArrayEquals(
                Files.readAllBytes(whole.resolve("best.safetensors")),
                Files.readAllBytes(stopped.resolve("best.safetensors")));
    }

    @Test
    void aCompletedRunHasNothingLeftToDo(@TempDir Path directory) throws IOException {
        TrainResult first = train(directory, NEVER, 1, settings());
        byte[] before = last(directory);
        TrainResult again = train(directory, NEVER, 1, settings());
        assertEquals("completed", again.status());
        assertEquals(first.checkpointSha256(), again.checkpointSha256());
        assertArrayEquals(before, last(directory));
        assertEquals(3, metrics(directory).size());
    }

    @Test
    void goldenLosses(@TempDir Path directory) throws IOException {
        train(directory, NEVER, 1, settings("epochs", "10"));
        assertEquals(
                List.of(
                        "0x1.ee705a7ae147bp-1",
                        "0x1.5def2228f5c29p-1",
                        "0x1.7b66edeb851ecp-1",
                        "0x1.bc3fd4e147ae1p-1",
                        "0x1.9d576c4333333p-2",
                        "0x1.0d3b21e3d70a4p-1",
                        "0x1.dda127ae147aep-2",
                        "0x1.50d8d6e147ae1p-1",
                        "0x1.e063d3ab851ecp-2",
                        "0x1.140dca3d70a3dp0"),
                column(directory, "train_loss").stream()
                        .map(loss -> Double.toHexString((double) loss))
                        .toList());
    }

    @Test
    void theTargetEndsTheRun(@TempDir Path directory) throws IOException {
        TrainResult result = train(directory, NEVER, 1, settings("epochs", "200", "target-accuracy", "0.5"));
        assertEquals("target-reached", result.status());
        assertTrue(result.epochs() < 200);
        assertEquals(result.epochs(), metrics(directory).size());
        List<?> accuracies = column(directory, "test_accuracy");
        for (int epoch = 0; epoch < result.epochs(); epoch++) {
            assertEquals(epoch == result.epochs() - 1, (double) accuracies.get(epoch) >= 0.5);
        }
        byte[] before = last(directory);
        assertEquals(
                "target-reached",
                train(directory, NEVER, 1, settings("epochs", "200", "target-accuracy", "0.5"))
                        .status());
        assertArrayEquals(before, last(directory));
    }

    @Test
    void divergenceLeavesThePreviousCheckpoint(@TempDir Path directory) throws IOException {
        train(directory, NEVER, 1, settings("epochs", "1"));
        byte[] before = last(directory);
        Settings wild = settings("epochs", "3", "learning-rate", "1e30");
        DivergedException e = assertThrows(DivergedException.class, () -> train(directory, NEVER, 1, wild));
        assertEquals(
                "the loss of epoch 2 is not finite (NaN); try a smaller --learning-rate",
                String.valueOf(e.getMessage()).replace("Infinity", "NaN"));
        assertEquals("diverged", e.result().status());
        assertEquals(1, e.result().epochs());
        assertEquals(
                directory.resolve("last.safetensors").toString(), e.result().checkpoint());
        assertArrayEquals(before, last(directory));
        assertEquals(1, metrics(directory).size());
    }

    @Test
    void aRunStoppedAfterItDivergedKeepsThePreviousCheckpoint(@TempDir Path directory) throws IOException {
        train(directory, NEVER, 1, settings("epochs", "1"));
        byte[] before = last(directory);
        Settings wild = settings("epochs", "3", "learning-rate", "1e30");
        assertThrows(DivergedException.class, () -> train(directory, 3, 1, wild));
        assertArrayEquals(before, last(directory));
    }

    @Test
    void divergenceInTheOnlyEpochLeavesNone(@TempDir Path directory) {
        Settings wild = settings("epochs", "1", "learning-rate", "1e30");
        DivergedException e = assertThrows(DivergedException.class, () -> train(directory, NEVER, 1, wild));
        assertNull(e.result().checkpoint());
        assertNull(e.result().checkpointSha256());
        assertFalse(Files.exists(directory.resolve("last.safetensors")));
    }

    @Test
    void aDamagedTrainingStateIsMalformedData(@TempDir Path directory) throws IOException {
        train(directory, 2, 1, settings());
        Path last = directory.resolve("last.safetensors");
        Checkpoint good = Checkpoint.read(last);
        new Checkpoint(
                        good.configuration(),
                        "{\"step\":\"x\"}",
                        good.classes(),
                        good.offset(),
                        good.scale(),
                        good.statistics(),
                        good.layers(),
                        good.inputs())
                .write(last);
        MalformedDataException e =
                assertThrows(MalformedDataException.class, () -> train(directory, NEVER, 1, settings()));
        assertTrue(String.valueOf(e.getMessage()).startsWith(last + ": metadata training: "));
        assertFalse(String.valueOf(e.getMessage()).contains("\n"));
    }
}
