package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.run.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs that start from a saved network. */
class TrainFromTest {
    @TempDir
    Path temp = Path.of("");

    private Path run = Path.of("");

    @BeforeEach
    void trainTheFirst() {
        run = temp.resolve("first");
        Cli trained = Cli.train(run, "--activation", "srelu", "--density", "0.2", "--normalize", "minmax");
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
    }

    /** Trains from a file with nothing but what is given. */
    private static Cli from(Path file, Path out, String... more) {
        return Cli.run(Stream.concat(
                        Stream.of("train", "--from", file.toString(), "--out", out.toString(), "--epochs", "2"),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private static Cli requireDone(Cli run) {
        assertEquals(ExitCode.DONE, run.code(), run.err());
        return run;
    }

    private static void requireUsage(Cli run, String message) {
        assertEquals(ExitCode.USAGE, run.code(), run.err());
        assertTrue(run.err().contains(message), run.err());
    }

    private static Checkpoint last(Path run) throws IOException {
        return Checkpoint.read(run.resolve("last.safetensors"));
    }

    private Path export(String format) {
        Path file = temp.resolve("model." + format);
        requireDone(Cli.run("export", "--from", run.toString(), "--out", file.toString()));
        return file;
    }

    /** A learning rate of almost nothing moves no weight: what comes out is what went in. */
    private static final String[] STILL = {
        "--learning-rate", "1e-30", "--evolution", "static", "--weight-decay", "0", "--at-end", "none"
    };

    private static void assertSame(LayerState expected, LayerState actual) {
        assertArrayEquals(expected.weights(), actual.weights());
        assertArrayEquals(expected.bias(), actual.bias());
        assertArrayEquals(expected.slopes(), actual.slopes());
        CsrPattern pattern = expected.pattern();
        if (pattern != null) {
            CsrPattern other = Objects.requireNonNull(actual.pattern());
            assertArrayEquals(pattern.rowOffsets(), other.rowOffsets());
            assertArrayEquals(pattern.columnIndices(), other.columnIndices());
        }
    }

    @Test
    void takesOverTheNetworkAndForgetsTheOptimizer() throws IOException {
        Path second = temp.resolve("second");
        requireDone(from(run, second, STILL));
        Checkpoint before = Checkpoint.read(run.resolve("best.safetensors"));
        Checkpoint after = last(second);
        for (int n = 0; n < before.layers().size(); n++) {
            assertSame(before.layers().get(n), after.layers().get(n));
        }
        assertArrayEquals(before.offset(), after.offset());
        assertArrayEquals(before.scale(), after.scale());
        assertEquals("srelu", after.configuration().get("activation"));
        assertEquals("32,16", after.configuration().get("hidden"));
        assertEquals("0.2", after.configuration().get("density"));
        assertNull(after.configuration().get("epsilon"));
        Cli first = Cli.run("evaluate", "--from", run.toString(), "--json");
        Cli again = Cli.run("evaluate", "--from", second.toString(), "--json");
        assertEquals(first.json().get("correct"), again.json().get("correct"), again.err());
        assertEquals(first.json().get("loss"), again.json().get("loss"));
    }

    @Test
    void givesTheSameBytesFromEachKindOfFileAndNotFromNothing() throws Exception {
        String checkpoint = requireDone(from(run, temp.resolve("a"))).sha256();
        Path npz = export("npz");
        assertEquals(checkpoint, requireDone(from(npz, temp.resolve("b"))).sha256());
        Path safetensors = export("safetensors");
        Cli c = requireDone(from(safetensors, temp.resolve("c"), "--threads", "3", "--simd", "off"));
        assertEquals(checkpoint, c.sha256());
        assertNotEquals(
                checkpoint,
                requireDone(Cli.train(temp.resolve("d"), "--density", "0.2")).sha256());

        Map<?, ?> start = (Map<?, ?>) Objects.requireNonNull(
                Cli.json(temp.resolve("b").resolve("run.json")).get("start"));
        assertEquals(npz.toString(), start.get("path"));
        byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(npz));
        assertEquals(HexFormat.of().formatHex(digest), start.get("sha256"));
        assertNull(Cli.json(run.resolve("run.json")).get("start"));
        assertNotNull(Cli.json(temp.resolve("a").resolve("run.json")).get("start"));
    }

    @ParameterizedTest
    @CsvSource({"sgd", "adam"})
    void goesOnWithoutTheFile(String optimizer) throws IOException {
        String[] options = {"--optimizer", optimizer, "--epochs", "3", "--learning-rate", "0.001", "--loss", "mse"};
        Path whole = temp.resolve("whole");
        Path parts = temp.resolve("parts");
        Path npz = export("npz");
        String expected = requireDone(from(npz, whole, options)).sha256();
        String[] stopped = Arrays.copyOf(options, options.length + 2);
        stopped[options.length] = "--max-time";
        stopped[options.length + 1] = "0s";
        assertEquals(ExitCode.STOPPED, from(npz, parts, stopped).code());
        Files.delete(npz);
        String[] resumed = Arrays.copyOf(options, options.length + 1);
        resumed[options.length] = "--resume";
        assertEquals(expected, requireDone(from(npz, parts, resumed)).sha256());
        Map<?, ?> manifest = Cli.json(parts.resolve("run.json"));
        assertEquals(
                Cli.json(whole.resolve("run.json")).get("start"), manifest.get("start"), "kept when it is resumed");

        requireUsage(from(run, parts, resumed), "was started with from " + npz);
    }

    /** Killed between its manifest and its first checkpoint, a run needs the very file that it was started from. */
    @Test
    void needsTheSameFileBeforeItsFirstCheckpoint() throws IOException {
        Path npz = export("npz");
        Path parts = temp.resolve("parts");
        String expected = requireDone(from(npz, parts)).sha256();
        Files.delete(parts.resolve("last.safetensors"));
        Files.delete(parts.resolve("metrics.jsonl"));
        assertEquals(expected, requireDone(from(npz, parts, "--resume")).sha256());

        Files.delete(parts.resolve("last.safetensors"));
        requireDone(Cli.run("export", "--from", run.resolve("last.safetensors").toString(), "--out", npz.toString()));
        boolean same = last(run)
                .training()
                .equals(Checkpoint.read(run.resolve("best.safetensors")).training());
        Cli other = from(npz, parts, "--resume");
        if (!same) {
            assertEquals(ExitCode.BAD_DATA, other.code(), other.err());
            assertTrue(other.err().contains("is not the file that the run was started from"), other.err());
        }
    }

    @Test
    void otherClassesNeedANewOutput() throws IOException {
        Path table = temp.resolve("table.csv");
        StringBuilder rows = new StringBuilder();
        for (int row = 0; row < 60; row++) {
            for (int c = 0; c < 64; c++) {
                rows.append((row * 5 + c * 3) % 16).append(',');
            }
            rows.append(row % 3 == 0 ? "low" : row % 3 == 1 ? "middle" : "high").append('\n');
        }
        Files.writeString(table, rows);
        String[] data = {"--data", table.toString(), "--header", "no"};
        requireUsage(
                from(run, temp.resolve("refused"), data),
                "tells 10 classes (0, 1, 2, 3, 4, ...) apart but the labels are high, low, middle: --new-output gives"
                        + " it a new output layer");
        assertFalse(Files.exists(temp.resolve("refused")));

        Path second = temp.resolve("second");
        String[] options = Stream.of(data, STILL, new String[] {"--new-output"})
                .flatMap(Arrays::stream)
                .toArray(String[]::new);
        Cli trained = requireDone(from(run, second, options));
        assertTrue(trained.err().contains("with a new output layer"), trained.err());
        Checkpoint before = Checkpoint.read(run.resolve("best.safetensors"));
        Checkpoint after = last(second);
        assertSame(before.layers().get(0), after.layers().get(0));
        assertSame(before.layers().get(1), after.layers().get(1));
        assertEquals(3, after.layers().get(2).outputs());
        assertEquals(List.of("high", "low", "middle"), after.classes());
        assertArrayEquals(before.scale(), after.scale());
        requireDone(Cli.run("predict", "--from", second.toString(), "--data", table.toString(), "--header", "no"));

        Path third = temp.resolve("third");
        String[] more = Stream.concat(Stream.of(options), Stream.of("--new-normalization", "--normalize", "zscore"))
                .toArray(String[]::new);
        requireDone(from(run, third, more));
        assertFalse(Arrays.equals(before.scale(), last(third).scale()));
        assertEquals("zscore", last(third).configuration().get("normalize"));
    }

    /** Fewer classes than the network tells apart keep their outputs. */
    @Test
    void someOfTheClassesWillDo() throws IOException {
        Path table = temp.resolve("table.csv");
        StringBuilder rows = new StringBuilder();
        for (int row = 0; row < 20; row++) {
            for (int c = 0; c < 64; c++) {
                rows.append((row + c) % 16).append(',');
            }
            rows.append(row % 2 == 0 ? "7" : "3").append('\n');
        }
        Files.writeString(table, rows);
        Path second = temp.resolve("second");
        requireDone(from(run, second, "--data", table.toString(), "--header", "no"));
        assertEquals(10, last(second).classes().size());
        requireDone(from(run, second, "--data", table.toString(), "--header", "no", "--resume"));
        requireDone(Cli.run("evaluate", "--from", second.toString()));
    }

    @Test
    void refusesWhatWouldChangeTheNetwork() throws IOException {
        Path out = temp.resolve("refused");
        requireUsage(from(run, out, "--hidden", "64"), "was trained with hidden 32,16; --from keeps it");
        requireUsage(from(run, out, "--activation", "relu"), "was trained with activation srelu");
        requireUsage(from(run, out, "--epsilon", "3"), "was trained with epsilon not set");
        requireUsage(from(run, out, "--model", "rbm"), "was trained with model mlp");
        requireUsage(
                from(run, out, "--normalize", "zscore"),
                "was trained with normalize minmax; --from keeps it and cannot change it to zscore without"
                        + " --new-normalization");
        requireUsage(Cli.train(out, "--new-output"), "new-output needs --from RUN|FILE");
        requireUsage(Cli.train(out, "--new-normalization"), "new-normalization needs --from RUN|FILE");

        Path narrow = Files.writeString(temp.resolve("narrow.csv"), "1,2,0\n2,1,1\n1,1,0\n2,2,1\n3,2,0\n");
        Cli features = from(run, out, "--data", narrow.toString(), "--header", "no");
        assertEquals(ExitCode.BAD_DATA, features.code());
        assertTrue(features.err().contains("has 2 features but the network of "), features.err());
        Cli missing = from(temp.resolve("none.npz"), out);
        assertEquals(ExitCode.BAD_DATA, missing.code());
        Cli damaged = from(Files.writeString(temp.resolve("x.npz"), "nothing at all"), out);
        assertEquals(ExitCode.BAD_DATA, damaged.code());
        assertEquals(1, damaged.errors().size(), damaged.err());
        assertFalse(Files.exists(out));
    }

    @Test
    void cannotGoOnFromAnExport() throws IOException {
        Path npz = export("safetensors");
        Files.copy(npz, run.resolve("last.safetensors"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Cli resumed = Cli.train(run, "--activation", "srelu", "--density", "0.2", "--normalize", "minmax", "--resume");
        assertEquals(ExitCode.BAD_DATA, resumed.code());
        assertTrue(resumed.err().contains("holds no optimizer state"), resumed.err());
    }

    @Test
    void machinesStartFromMachines() throws IOException {
        Path machine = temp.resolve("machine");
        requireDone(Cli.train(machine, "--model", "rbm", "--hidden", "12", "--binarize", "threshold", "--persistent"));
        Path npz = temp.resolve("machine.npz");
        requireDone(Cli.run("export", "--from", machine.toString(), "--out", npz.toString()));
        Path second = temp.resolve("second");
        requireDone(from(npz, second, STILL));
        Checkpoint before = Checkpoint.read(machine.resolve("best.safetensors"));
        Checkpoint after = last(second);
        assertSame(before.layers().get(0), after.layers().get(0));
        assertArrayEquals(
                Objects.requireNonNull(before.layers().get(0).visible()).bias(),
                Objects.requireNonNull(after.layers().get(0).visible()).bias());
        assertArrayEquals(
                Objects.requireNonNull(before.layers().get(0).visible()).baseBias(),
                Objects.requireNonNull(after.layers().get(0).visible()).baseBias());
        assertEquals("threshold", after.configuration().get("binarize"));

        Path parts = temp.resolve("parts");
        String expected = requireDone(from(npz, temp.resolve("whole"), "--cd-steps", "2", "--persistent"))
                .sha256();
        assertEquals(
                ExitCode.STOPPED,
                from(npz, parts, "--cd-steps", "2", "--persistent", "--max-time", "0s")
                        .code());
        Files.delete(npz);
        assertEquals(
                expected,
                requireDone(from(npz, parts, "--cd-steps", "2", "--persistent", "--resume"))
                        .sha256());
        requireUsage(from(machine, temp.resolve("x"), "--new-output"), "new-output does not apply to model rbm");
        requireUsage(from(machine, temp.resolve("x"), "--model", "mlp"), "was trained with model rbm");
    }

    @Test
    void keepsLayersAndWeighsItsOwnClasses() throws IOException {
        Path first = temp.resolve("layers");
        String layers = "conv:3x3,stride=2 relu sparse:30,density=0.3 tanh dense:classes";
        requireDone(Cli.run(
                "train", "--layers", layers, "--train-samples", "200", "--epochs", "1", "--out", first.toString()));
        Path second = temp.resolve("second");
        requireDone(from(first, second, "--class-weights", "balanced", "--train-samples", "200"));
        assertEquals(layers, last(second).configuration().get("layers"));
        requireUsage(from(first, temp.resolve("x"), "--layers", "dense:classes"), "was trained with layers conv");

        Path table = temp.resolve("two.csv");
        StringBuilder rows = new StringBuilder();
        for (int row = 0; row < 40; row++) {
            for (int c = 0; c < 64; c++) {
                rows.append((row + c) % 16).append(',');
            }
            rows.append(row % 4 == 0 ? "7" : "3").append('\n');
        }
        Files.writeString(table, rows);
        Path third = temp.resolve("third");
        String[] options = {
            "--data", table.toString(), "--header", "no", "--class-weights", "balanced", "--test-fraction", "0"
        };
        requireDone(from(
                first,
                third,
                Stream.concat(Stream.of(options), Stream.of("--image", "1x8x8")).toArray(String[]::new)));
        float[] weights = Objects.requireNonNull(last(third).statistics().classWeights());
        assertArrayEquals(new float[] {1, 1, 1, 40 / 60f, 1, 1, 1, 40 / 20f, 1, 1}, weights, 1e-6f);
    }

    @Test
    void keepsTheUnitOfNumbers() throws IOException {
        Path table = temp.resolve("numbers.csv");
        Path shifted = temp.resolve("shifted.csv");
        StringBuilder rows = new StringBuilder();
        StringBuilder others = new StringBuilder();
        for (int row = 0; row < 40; row++) {
            String features = row % 7 + "," + row % 5 + ",";
            rows.append(features).append(row % 7 + 0.5).append('\n');
            others.append(features).append(row % 7 + 100.5).append('\n');
        }
        Files.writeString(table, rows);
        Files.writeString(shifted, others);
        Path first = temp.resolve("numbers");
        requireDone(Cli.train(first, "--data", table.toString(), "--header", "no", "--task", "regression"));
        Path second = temp.resolve("second");
        String[] options = Stream.concat(Stream.of("--data", shifted.toString(), "--header", "no"), Stream.of(STILL))
                .toArray(String[]::new);
        requireDone(from(first, second, options));
        assertArrayEquals(
                last(first).statistics().target(), last(second).statistics().target());
        assertEquals("regression", last(second).configuration().get("task"));
        Path third = temp.resolve("third");
        String[] more =
                Stream.concat(Stream.of(options), Stream.of("--new-output")).toArray(String[]::new);
        requireDone(from(first, third, more));
        assertTrue(Objects.requireNonNull(last(third).statistics().target())[0] > 100);
    }
}
