package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    private static final List<String> RESULT_KEYS = List.of(
            "status",
            "epochs",
            "steps",
            "train_loss",
            "train_accuracy",
            "test_loss",
            "test_accuracy",
            "best_test_accuracy",
            "best_epoch",
            "connections",
            "parameters",
            "seconds",
            "train_seconds_per_epoch",
            "peak_memory_bytes",
            "backend",
            "checkpoint",
            "checkpoint_sha256");
    private static final String EPOCH_LINE = "epoch [12]/2  loss \\d+\\.\\d{4}  train_acc [01]\\.\\d{4}"
            + "  test_acc [01]\\.\\d{4}  connections \\d+  time \\d+\\.\\d\\ds";

    @Test
    void writesTheRunDirectory(@TempDir Path temp) throws Exception {
        Path directory = temp.resolve("run");
        Cli run = Cli.train(directory);
        assertEquals(ExitCode.DONE, run.code(), run.err());
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(
                    "[best.safetensors, last.safetensors, metrics.jsonl, result.json, run.json, run.lock, train.log]",
                    files.map(file -> String.valueOf(file.getFileName()))
                            .collect(Collectors.toCollection(TreeSet::new))
                            .toString());
        }
        assertEquals(RESULT_KEYS, List.copyOf(run.json().keySet()));
        assertEquals(Cli.json(directory.resolve("result.json")), run.json());
        assertEquals("completed", run.json().get("status"));
        assertEquals(2, run.json().get("epochs"));
        byte[] checkpoint = Files.readAllBytes(directory.resolve("last.safetensors"));
        assertEquals(
                run.sha256(),
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(checkpoint)));

        assertEquals(3, run.lines().size());
        assertTrue(run.lines().get(0).matches(EPOCH_LINE), run.lines().get(0));
        assertTrue(run.lines().get(1).matches(EPOCH_LINE), run.lines().get(1));
        List<String> metrics = Files.readAllLines(directory.resolve("metrics.jsonl"));
        assertEquals(2, metrics.size());
        Map<?, ?> second = Json.parse(metrics.get(1), Map.class);
        assertEquals(2, second.get("epoch"));
        assertEquals(run.json().get("test_accuracy"), second.get("test_accuracy"));
        assertEquals(run.json().get("connections"), second.get("connections"));
        assertTrue(Files.readString(directory.resolve("train.log"))
                .contains(run.lines().get(1)));

        Map<?, ?> manifest = Cli.json(directory.resolve("run.json"));
        assertEquals("32,16", ((Map<?, ?>) Objects.requireNonNull(manifest.get("configuration"))).get("hidden"));
        assertEquals(1, manifest.get("seed"));
        assertEquals(2, ((List<?>) Objects.requireNonNull(manifest.get("data"))).size());
    }

    @Test
    void quietPrintsTheResultOnly(@TempDir Path temp) {
        Cli run = Cli.train(temp.resolve("run"), "--quiet");
        assertEquals(1, run.lines().size());
        assertEquals("", run.err());
        assertEquals(2, run.json().get("epochs"));
    }

    @Test
    void theResultDoesNotDependOnThreadsOrKernels(@TempDir Path temp) {
        String sha256 = Cli.train(temp.resolve("1"), "--threads", "1").sha256();
        assertEquals(sha256, Cli.train(temp.resolve("2"), "--threads", "2").sha256());
        assertEquals(sha256, Cli.train(temp.resolve("3"), "--threads", "3").sha256());
        assertEquals(sha256, Cli.train(temp.resolve("4"), "--simd", "off").sha256());
        assertNotEquals(sha256, Cli.train(temp.resolve("5"), "--seed", "2").sha256());
    }

    @Test
    void anExistingRunNeedsResume(@TempDir Path temp) {
        Path directory = temp.resolve("run");
        Cli first = Cli.train(directory);
        Cli second = Cli.train(directory);
        assertEquals(ExitCode.FAILED, second.code());
        assertTrue(lastError(second).contains("already holds a run; give --resume"), second.err());
        assertTrue(lastError(second).startsWith("coppice: " + directory), second.err());

        Cli third = Cli.train(directory, "--resume");
        assertEquals(ExitCode.DONE, third.code(), third.err());
        assertEquals(first.sha256(), third.sha256());
        assertEquals("completed", third.json().get("status"));
        assertEquals(first.json().get("test_accuracy"), third.json().get("test_accuracy"));
        assertEquals(1, third.lines().size());
    }

    @Test
    void resumeCannotChangeASetting(@TempDir Path temp) {
        Path directory = temp.resolve("run");
        String sha256 = Cli.train(directory).sha256();
        Cli second = Cli.train(directory, "--resume", "--zeta", "0.2");
        assertEquals(ExitCode.USAGE, second.code());
        assertTrue(second.errors().get(0).contains("zeta"), second.err());
        assertEquals(
                sha256,
                Cli.run("train", "--resume", "--out", directory.toString()).sha256());
    }

    @Test
    void resumeTakesNumbersByTheirValue(@TempDir Path temp) {
        Path directory = temp.resolve("run");
        Cli first = Cli.train(directory, "--zeta", "0.30", "--learning-rate", "1e-2", "--init", "normal:0.10");
        Cli second = Cli.train(
                directory,
                "--zeta",
                ".3",
                "--learning-rate",
                "0.01",
                "--init",
                "normal:0.1",
                "--resume",
                "--seed",
                "1");
        assertEquals(ExitCode.DONE, second.code(), second.err());
        assertEquals(first.sha256(), second.sha256());
        Cli other = Cli.train(directory, "--init", "normal:0.11", "--resume");
        assertEquals(ExitCode.USAGE, other.code(), other.err());
        assertTrue(
                other.err().contains("started with init normal:0.10; --resume cannot change it to normal:0.11"),
                other.err());
    }

    @Test
    void resumeStartsWhereThereIsNothing(@TempDir Path temp) {
        assertEquals(
                Cli.train(temp.resolve("a")).sha256(),
                Cli.train(temp.resolve("b"), "--resume").sha256());
        Cli nowhere = Cli.run("train", "--resume");
        assertEquals(ExitCode.USAGE, nowhere.code());
        assertTrue(nowhere.errors().get(0).contains("--out"), nowhere.err());
    }

    @Test
    void timeUpStopsAndResumesToTheSameBits(@TempDir Path temp) {
        String undisturbed = Cli.train(temp.resolve("a")).sha256();
        Path directory = temp.resolve("b");
        Cli stopped = Cli.train(directory, "--max-time", "0s");
        assertEquals(ExitCode.STOPPED, stopped.code(), stopped.err());
        assertEquals("stopped", stopped.json().get("status"));
        assertTrue(lastError(stopped).contains("--resume"), stopped.err());
        Cli next = stopped;
        for (double seconds = 0.05; next.code() == ExitCode.STOPPED; seconds *= 3) {
            next = Cli.train(directory, "--resume", "--max-time", seconds + "s");
        }
        assertEquals(ExitCode.DONE, next.code(), next.err());
        assertEquals(undisturbed, next.sha256());
    }

    @Test
    void divergenceHasItsOwnExitCode(@TempDir Path temp) throws IOException {
        Cli run = Cli.train(temp.resolve("run"), "--learning-rate", "1e9");
        assertEquals(ExitCode.DIVERGED, run.code(), run.err());
        assertEquals("diverged", run.json().get("status"));
        assertTrue(lastError(run).contains("--learning-rate"), run.err());
        assertEquals(Cli.json(temp.resolve("run/result.json")), run.json());
    }

    @Test
    void twoRunsDoNotShareADirectory(@TempDir Path temp) throws IOException {
        Path directory = temp.resolve("run");
        try (var held = coppice.run.RunDirectory.open(directory, true)) {
            Cli second = Cli.train(held.path(), "--resume");
            assertEquals(ExitCode.FAILED, second.code());
            assertTrue(lastError(second).contains("is in use by another run"), second.err());
        }
        assertFalse(Files.exists(directory.resolve("run.json")));
    }

    @Test
    void optionsOverrideTheFileAndTheFileTheDefaults(@TempDir Path temp) throws IOException {
        Path file = temp.resolve("sweep.properties");
        Files.writeString(file, "# a sweep\nhidden = 24,12\nepochs=3\ndensity: 0.5\n");
        Path directory = temp.resolve("run");
        Cli run = Cli.run(
                "train", "--config", file.toString(), "--epochs", "1", "--out", directory.toString(), "--quiet");
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertEquals(1, run.json().get("epochs"));
        Map<?, ?> configuration = (Map<?, ?>)
                Objects.requireNonNull(Cli.json(directory.resolve("run.json")).get("configuration"));
        assertEquals("24,12", configuration.get("hidden"));
        assertEquals("1", configuration.get("epochs"));
        assertEquals("0.5", configuration.get("density"));
        assertFalse(configuration.containsKey("epsilon"));
        assertEquals("0.3", configuration.get("zeta"));

        Files.writeString(file, "hiden = 24,12\n");
        Cli unknown = Cli.run("train", "--config", file.toString());
        assertEquals(ExitCode.USAGE, unknown.code());
        assertTrue(unknown.errors().get(0).contains("hiden"), unknown.err());

        Files.writeString(file, "epochs = 3\nzeta = 0.2\nepochs: 3\n");
        Cli twice = Cli.run("train", "--config", file.toString());
        assertEquals(ExitCode.USAGE, twice.code());
        assertEquals(
                "coppice: config: " + file + " sets epochs twice",
                twice.errors().get(0));
    }

    @Test
    void aTargetEndsTheRun(@TempDir Path temp) {
        Cli run = Cli.train(temp.resolve("run"), "--epochs", "50", "--target-accuracy", "0.3");
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertEquals("target-reached", run.json().get("status"));
    }

    @Test
    void checkpointsDoNotSayWhereTheRunWas(@TempDir Path temp) throws IOException {
        Cli.train(temp.resolve("a"), "--threads", "2");
        Cli.train(temp.resolve("elsewhere/b"), "--threads", "1");
        assertArrayEquals(
                Files.readAllBytes(temp.resolve("a/best.safetensors")),
                Files.readAllBytes(temp.resolve("elsewhere/b/best.safetensors")));
    }

    private static String lastError(Cli run) {
        return run.errors().get(run.errors().size() - 1);
    }

    @Test
    void imagesAreChangedInTrainingAlone(@TempDir Path temp) {
        Path directory = temp.resolve("run");
        Cli run = Cli.train(directory, "--augment", "rotate:10,flip", "--normalize", "range");
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertTrue(run.errors().contains("images changed by rotate:10,flip"), run.err());
        assertFalse(run.err().contains("warning"), run.err());
        Cli evaluated = Cli.run(
                "evaluate", "--from", directory.resolve("last.safetensors").toString(), "--json");
        assertEquals(ExitCode.DONE, evaluated.code(), evaluated.err());
        assertEquals(run.json().get("test_loss"), evaluated.json().get("loss"));
        Cli resumed = Cli.train(directory, "--augment", "rotate:10", "--resume");
        assertEquals(ExitCode.USAGE, resumed.code());
        assertTrue(resumed.err().contains("augment rotate:10,flip; --resume cannot change it"), resumed.err());
    }

    /** Three pixels of the digits never vary, and others hardly do. */
    @Test
    void movingPixelsOntoOnesThatHardlyVaryIsWarnedOf(@TempDir Path temp) {
        Cli run = Cli.train(temp.resolve("run"), "--augment", "shift:0.2");
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertTrue(
                run.err().contains("warning: images are moved, but --normalize zscore scales some pixels"), run.err());
    }

    @Test
    void onlyImagesCanBeChanged(@TempDir Path temp) throws IOException {
        Path table = Files.writeString(temp.resolve("t.csv"), "1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,10,a\n");
        Cli run = Cli.train(temp.resolve("run"), "--data", table.toString(), "--augment", "flip");
        assertEquals(ExitCode.USAGE, run.code(), run.err());
        assertTrue(
                run.errors().get(0).endsWith("augment is for images, but csv does not say how 2 features form one"),
                run.err());
        assertFalse(Files.exists(temp.resolve("run")));
    }
}
