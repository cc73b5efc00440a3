package coppice.report;

import coppice.run.Json;
import coppice.run.MetricsLog;
import coppice.run.RunManifest;
import coppice.train.EpochMetrics;
import coppice.train.Setting.Scope;
import coppice.train.Settings;
import coppice.train.TrainResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes directories as runs leave them, with made-up numbers. */
final class Runs {
    private Runs() {}

    /** A run that was prepared: its manifest and no more. */
    static Path begun(Path directory, long seed, String... settings) throws IOException {
        Files.createDirectories(directory);
        Map<String, String> given = new LinkedHashMap<>();
        given.put("seed", Long.toString(seed));
        for (int i = 0; i < settings.length; i += 2) {
            given.put(settings[i], settings[i + 1]);
        }
        Settings all = Settings.of(given);
        new RunManifest(
                        "0.1.0",
                        "2026-01-02T03:04:05Z",
                        List.of("train"),
                        all.values(Scope.DATA, Scope.RESULT, Scope.RUN),
                        seed,
                        new RunManifest.BackendChoice(all.get("backend").equals("cuda") ? "cuda" : "cpu", "plain Java"),
                        2,
                        List.of(new RunManifest.DataSource("train", List.of("digits"), "00ff", 1438, 64, 10)),
                        RunManifest.JavaRuntime.current(),
                        RunManifest.Machine.current(),
                        null)
                .write(directory.resolve("run.json"));
        return directory;
    }

    /** Adds epochs, a test accuracy each; null where the epoch was not evaluated. */
    static Path epochs(Path directory, @Nullable Double... accuracies) throws IOException {
        try (MetricsLog log = MetricsLog.open(directory.resolve("metrics.jsonl"), 0)) {
            for (int i = 0; i < accuracies.length; i++) {
                log.append(epoch(i + 1, accuracies[i]));
            }
        }
        return directory;
    }

    static EpochMetrics epoch(int epoch, @Nullable Double accuracy) {
        Double loss = accuracy == null ? null : 1 - accuracy;
        return new EpochMetrics(
                epoch,
                45 * epoch,
                0.01,
                1.0 / epoch,
                1 - 0.5 / epoch,
                loss,
                accuracy == null ? null : accuracy / 2,
                loss,
                accuracy,
                1000 + epoch,
                List.of(600, 400 + epoch),
                1000L + 300L * epoch,
                new EpochMetrics.Seconds(0.01, 0.1, 0.2, 0.3, 0.05, 0.02, 0.62));
    }

    /** Adds a result. */
    static Path ended(Path directory, String status, int epochs, double accuracy, long connections) throws IOException {
        TrainResult result = new TrainResult(
                status,
                epochs,
                45 * epochs,
                0.5,
                0.9,
                1 - accuracy,
                accuracy,
                accuracy + 0.01,
                epochs,
                connections,
                connections + 10,
                12.5,
                0.62,
                1 << 20,
                "cpu",
                directory.resolve("last.safetensors").toString(),
                "00");
        Json.write(directory.resolve("result.json"), result);
        return directory;
    }

    /** A run of three epochs that came to its end. */
    static Path completed(Path directory, long seed, double accuracy, String... settings) throws IOException {
        begun(directory, seed, settings);
        epochs(directory, accuracy / 2, null, accuracy);
        return ended(directory, "completed", 3, accuracy, 1000 + seed);
    }
}
