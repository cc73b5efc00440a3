package coppice.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.Normalization;
import coppice.parallel.WorkerPool;
import coppice.run.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on digits whose images are changed: 330 of 8 x 8 pixels in batches of 32, 11 steps an epoch. */
class AugmentedTrainingTest {
    private static final int NEVER = Integer.MAX_VALUE;
    private static final String CHANGES = "rotate:15,shift:0.1,crop:1,flip";

    private static Settings settings(String... changes) {
        Map<String, String> values = new HashMap<>(
                Map.of("hidden", "24,16", "epochs", "3", "normalize", "range", "seed", "5", "at-end", "none"));
        for (int i = 0; i < changes.length; i += 2) {
            values.put(changes[i], changes[i + 1]);
        }
        return Settings.of(values);
    }

    private static TrainResult train(Path directory, int stopAfter, KernelSet kernels, int threads, Settings settings)
            throws IOException {
        Dataset digits = Datasets.digits();
        Dataset train = digits.select(IntStream.range(0, 330).toArray());
        Dataset test = digits.select(IntStream.range(330, 400).toArray());
        Normalization normalization =
                Normalization.fit(Normalization.Kind.parse(settings.get("normalize")), train.features());
        AtomicInteger asked = new AtomicInteger();
        try (WorkerPool pool = new WorkerPool(threads);
                CpuBackend backend = new CpuBackend(kernels, pool);
                RunDirectory run = RunDirectory.open(directory, true)) {
            return new Trainer(
                            TrainConfig.of(settings),
                            settings.values(Setting.Scope.RESULT),
                            new TrainData(train, null, test, normalization),
                            backend,
                            pool,
                            run,
                            Progress.NONE)
                    .run(() -> asked.getAndIncrement() >= stopAfter);
        }
    }

    private static TrainResult train(Path directory, Settings settings) throws IOException {
        return train(directory, NEVER, KernelSet.plain(), 1, settings);
    }

    private static byte[] last(Path directory) throws IOException {
        return Files.readAllBytes(directory.resolve("last.safetensors"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 11, 17})
    void aStoppedRunGoesOnToTheSameBytesWithOtherKernelsAndThreads(int stopAfter, @TempDir Path parent)
            throws IOException {
        KernelSet vector = KernelSet.vector().orElse(KernelSet.plain());
        Settings settings = settings("augment", CHANGES);
        Path whole = parent.resolve("whole");
        Path stopped = parent.resolve("stopped");
        train(whole, settings);
        assertEquals(stopAfter, train(stopped, stopAfter, vector, 2, settings).steps());
        assertEquals("completed", train(stopped, NEVER, vector, 3, settings).status());
        assertArrayEquals(last(whole), last(stopped));
    }

    @Test
    void eachChangeMatters(@TempDir Path parent) throws IOException {
        train(parent.resolve("plain"), settings());
        byte[] plain = last(parent.resolve("plain"));
        for (String change : new String[] {"rotate:15", "shift:0.1", "crop:1", "flip", "crop:1,fill:zero"}) {
            Path directory = parent.resolve(change.replaceAll("\\W", ""));
            train(directory, settings("augment", change));
            assertFalse(Arrays.equals(plain, last(directory)), change);
        }
    }

    /** Steps too small to change a weight: only what goes in differs, and that only in training. */
    @Test
    void evaluationTakesImagesAsTheyAre(@TempDir Path parent) throws IOException {
        String[] still = {"learning-rate", "1e-30", "weight-decay", "0", "evolution", "static", "dropout", "0"};
        TrainResult plain = train(parent.resolve("plain"), settings(still));
        String[] changing = Arrays.copyOf(still, still.length + 2);
        changing[still.length] = "augment";
        changing[still.length + 1] = CHANGES;
        TrainResult changed = train(parent.resolve("changed"), settings(changing));
        assertEquals(plain.testLoss(), changed.testLoss());
        assertEquals(plain.testAccuracy(), changed.testAccuracy());
        assertNotEquals(plain.trainLoss(), changed.trainLoss());
    }
}
