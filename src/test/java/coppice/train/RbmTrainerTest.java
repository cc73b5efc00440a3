package coppice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.matrix.DenseMatrix;
import coppice.parallel.WorkerPool;
import coppice.random.RandomStream;
import coppice.random.Stream;
import coppice.run.Checkpoint;
import coppice.run.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Machines in the training loop: 45 samples in batches of 10, so 5 steps an epoch, the last of 5 samples. */
class RbmTrainerTest {
    private static final int FEATURES = 12;
    private static final int NEVER = Integer.MAX_VALUE;

    private static TrainResult train(Path directory, int stopAfter, int threads, Settings settings) throws IOException {
        TrainConfig config = TrainConfig.of(settings);
        RandomStream random = new RandomStream(4, Stream.INIT, 0, 0);
        float[] features = new float[45 * FEATURES];
        for (int i = 0; i < features.length; i++) {
            features[i] = random.nextFloat();
        }
        Dataset samples = Dataset.of(new DenseMatrix(45, FEATURES, features), new int[0], List.of());
        TrainData data = Objects.requireNonNull(config.rbm())
                .prepare(new TrainData(samples, null, samples, Normalization.none(FEATURES)), 1);
        AtomicInteger asked = new AtomicInteger();
        try (WorkerPool pool = new WorkerPool(threads);
                CpuBackend backend = new CpuBackend(KernelSet.plain(), pool);
                RunDirectory run = RunDirectory.open(directory, true)) {
            Map<String, String> kept = settings.values(Setting.Scope.RESULT);
            return new Trainer(config, kept, data, backend, pool, run, Progress.NONE)
                    .run(() -> asked.getAndIncrement() >= stopAfter);
        }
    }

    private static byte[] last(Path directory) throws IOException {
        return Files.readAllBytes(directory.resolve("last.safetensors"));
    }

    /** Chains of 10 stand in tensors of 32 columns, those of 5 in tensors of 5. */
    @ParameterizedTest
    @CsvSource({
        "7, 10, true, none",
        "5, 10, true, resample",
        "12, 5, true, sample",
        "3, 10, false, resample",
        "8, 5, false, none"
    })
    void aStoppedRunGoesOnToTheSameBytes(
            int stopAfter, int batch, boolean persistent, String binarize, @TempDir Path temp) throws IOException {
        Settings settings = Settings.of(Map.of(
                "model", "rbm",
                "hidden", "7",
                "epsilon", "2",
                "epochs", "3",
                "batch-size", Integer.toString(batch),
                "persistent", Boolean.toString(persistent),
                "binarize", binarize,
                "learning-rate", "0.1"));
        Path whole = temp.resolve("whole");
        assertEquals("completed", train(whole, NEVER, 1, settings).status());
        Path stopped = temp.resolve("stopped");
        assertEquals("stopped", train(stopped, stopAfter, 2, settings).status());
        float[] chains = Objects.requireNonNull(Checkpoint.read(stopped.resolve("last.safetensors"))
                        .layers()
                        .get(0)
                        .visible())
                .chains();
        if (persistent) {
            assertNotNull(chains);
            assertEquals(7 * batch, chains.length);
        }
        assertEquals("completed", train(stopped, NEVER, 3, settings).status());
        assertArrayEquals(last(whole), last(stopped));
    }
}
