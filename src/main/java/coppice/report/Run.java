package coppice.report;

import coppice.MalformedDataException;
import coppice.run.Json;
import coppice.run.MetricsLog;
import coppice.run.RunManifest;
import coppice.train.EpochMetrics;
import coppice.train.Setting;
import coppice.train.Setting.Scope;
import coppice.train.Settings;
import coppice.train.TrainResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run as its directory shows it, be it done, stopped, failed or still going on.
 *
 * @param path the directory as it was given
 * @param manifest its {@code run.json}
 * @param settings what its numbers depend on, the seed left out; by option name
 * @param epochs its {@code metrics.jsonl}, in order
 * @param result its {@code result.json}; null where there is none, or none of the epochs that there are
 */
public record Run(
        Path path,
        RunManifest manifest,
        Map<String, String> settings,
        List<EpochMetrics> epochs,
        @Nullable TrainResult result) {
    private static final String SEED = "seed";
    /** What CUDA's libraries compute is close to, but not, what the exact kernels do. */
    private static final Set<String> CLOSE = Set.of("spmm", "gemm", "tf32");

    /** Reads a directory; what is damaged in it is a {@link MalformedDataException}. */
    public static Run read(Path directory) throws IOException {
        Path manifestFile = directory.resolve("run.json");
        if (!Files.exists(manifestFile)) {
            throw MalformedDataException.inFile(directory, "is no run: it has no run.json");
        }
        RunManifest manifest = RunManifest.read(manifestFile);
        Path metrics = directory.resolve("metrics.jsonl");
        List<EpochMetrics> epochs =
                Files.exists(metrics) ? MetricsLog.read(metrics, EpochMetrics.class) : List.<EpochMetrics>of();
        for (int i = 1; i < epochs.size(); i++) {
            if (epochs.get(i).epoch() <= epochs.get(i - 1).epoch()) {
                throw MalformedDataException.atLine(
                        metrics,
                        i + 1L,
                        "epoch " + epochs.get(i).epoch() + " stands after epoch "
                                + epochs.get(i - 1).epoch());
            }
        }
        Path resultFile = directory.resolve("result.json");
        TrainResult result = Files.exists(resultFile) ? Json.read(resultFile, TrainResult.class) : null;
        // A run that goes on after a stop still has the result of the stop.
        boolean current = result != null
                && (epochs.isEmpty()
                        || result.epochs() == epochs.get(epochs.size() - 1).epoch());
        return new Run(directory, manifest, settings(manifestFile, manifest), epochs, current ? result : null);
    }

    /** The manifest's settings with the defaults of those it does not know; settings of later versions stay. */
    private static Map<String, String> settings(Path file, RunManifest manifest) {
        Map<String, Scope> scopes = Settings.TABLE.stream()
                .filter(setting -> !CLOSE.contains(setting.name()))
                .collect(Collectors.toMap(Setting::name, Setting::scope));
        Map<String, String> known = new LinkedHashMap<>();
        Map<String, String> others = new LinkedHashMap<>();
        manifest.configuration().forEach((name, value) -> {
            Scope scope = scopes.get(name);
            if (scope == null) {
                others.put(name, value);
            } else if (scope != Scope.RUN) {
                known.put(name, value);
            }
        });
        try {
            Map<String, String> settings = Settings.of(known).values(Scope.DATA, Scope.RESULT);
            settings.putAll(others);
            settings.remove(SEED);
            return settings;
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(file, "configuration: " + e.getMessage());
        }
    }

    /** The key of its random numbers. */
    public long seed() {
        return manifest.seed();
    }

    /** Whether it came to its end, so that its last numbers are its results. */
    public boolean isFinished() {
        return result != null
                && (result.status().equals("completed") || result.status().equals("target-reached"));
    }

    /** The status in its result, or {@code unfinished} without one: it goes on, or was killed. */
    public String status() {
        return result == null ? "unfinished" : result.status();
    }

    /** Whether it trains a restricted Boltzmann machine, which has no accuracy. */
    public boolean isMachine() {
        return "rbm".equals(settings.get("model"));
    }

    /** Whether a setting is what it is by default in such a run. */
    boolean hasDefault(String name) {
        String initial = isMachine() ? Settings.RBM_DEFAULTS.get(name) : null;
        for (Setting setting : Settings.TABLE) {
            if (initial == null && setting.name().equals(name)) {
                initial = setting.defaultValue();
            }
        }
        return Objects.equals(settings.get(name), initial);
    }

    /** Epochs completed. */
    public int epochsDone() {
        return epochs.isEmpty() ? 0 : epochs.get(epochs.size() - 1).epoch();
    }
}
