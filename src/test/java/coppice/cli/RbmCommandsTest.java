package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Restricted Boltzmann machines from the command line. */
class RbmCommandsTest {
    private static Cli train(Path directory, String... words) {
        String[] all = new String[words.length + 4];
        all[0] = "--model";
        all[1] = "rbm";
        all[2] = "--hidden";
        all[3] = "12";
        System.arraycopy(words, 0, all, 4, words.length);
        return Cli.train(directory, all);
    }

    private static String last(Path run) {
        return run.resolve("last.safetensors").toString();
    }

    private static double number(Cli run, String name) {
        return ((Number) Objects.requireNonNull(run.json().get(name), name)).doubleValue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--binarize sample",
                "--binarize resample --persistent --cd-steps 2",
                "--dense --visible probabilities"
            })
    void aStoppedRunGoesOnToTheSameBytesWhateverTheThreads(String options, @TempDir Path temp) {
        String[] words = (options + " --epochs 3").split(" ");
        Cli whole = train(temp.resolve("whole"), words);
        assertEquals(ExitCode.DONE, whole.code(), whole.err());
        String[] more = (options + " --epochs 3 --max-time 0s --threads 3 --simd off").split(" ");
        assertEquals(ExitCode.STOPPED, train(temp.resolve("parts"), more).code());
        Cli rest = train(temp.resolve("parts"), (options + " --epochs 3 --resume").split(" "));
        assertEquals(whole.sha256(), rest.sha256(), rest.err());
    }

    @Test
    void learnsAndMeasures(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Cli trained = train(run, "--binarize", "threshold", "--epochs", "20", "--learning-rate", "0.05");
        List<String> lines = trained.lines();
        assertTrue(
                lines.get(0).matches("epoch 1/20  loss 0\\.\\d{6}  test_loss 0\\.\\d{6}  connections \\d+  time .*"),
                lines.get(0));
        assertEquals(null, trained.json().get("test_accuracy"));
        assertTrue(number(trained, "test_loss") < 0.12, trained.lastLine());

        Cli exact = Cli.run("evaluate", "--from", last(run), "--ais", "exact", "--json");
        assertEquals(ExitCode.DONE, exact.code(), exact.err());
        assertEquals(number(trained, "test_loss"), number(exact, "loss"), 1e-12);
        Cli annealed = Cli.run("evaluate", "--from", last(run), "--ais", "short", "--json");
        assertEquals(number(exact, "log_partition"), number(annealed, "log_partition"), 0.2);
        assertEquals(number(exact, "log_likelihood"), number(annealed, "log_likelihood"), 0.2);
        // 64 fair coins have a log-likelihood of -44.4, the base rates about -27.
        assertTrue(number(exact, "log_likelihood") > -26, exact.lastLine());
        Cli line = Cli.run("evaluate", "--from", last(run), "--ais", "short");
        assertTrue(
                line.out()
                        .matches("loss 0\\.\\d{6}  samples 359  log_likelihood -\\d+\\.\\d{3} \\(.* to .*\\)"
                                + "  log_partition -?\\d+\\.\\d{3} \\(.*\\)\\R"),
                line.out());
    }

    @Test
    void writesFeaturesAndSamples(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        train(run);
        Path features = temp.resolve("features.npy");
        Cli predicted = Cli.run(
                "predict", "--from", run.toString(), "--data", "digits", "--features", "--out", features.toString());
        assertEquals(ExitCode.DONE, predicted.code(), predicted.err());
        requireNpy(features, 359, 12);
        Path samples = temp.resolve("samples.npy");
        Path png = temp.resolve("samples.png");
        Cli drawn = Cli.run(
                "sample",
                "--from",
                run.toString(),
                "--out",
                samples.toString(),
                "--png",
                png.toString(),
                "--count",
                "10",
                "--steps",
                "20");
        assertEquals(ExitCode.DONE, drawn.code(), drawn.err());
        requireNpy(samples, 10, 64);
        var image = ImageIO.read(png.toFile());
        assertEquals(List.of(37, 28), List.of(image.getWidth(), image.getHeight()));
    }

    private static void requireNpy(Path file, int rows, int columns) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x93, bytes.get(0) & 0xFF);
        int header = bytes.getShort(8);
        assertEquals(0, (10 + header) % 64);
        String text = new String(bytes.array(), 10, header, StandardCharsets.US_ASCII);
        assertEquals(
                "{'descr': '<f4', 'fortran_order': False, 'shape': (" + rows + ", " + columns + "), }", text.strip());
        assertEquals(10 + header + 4 * rows * columns, bytes.capacity());
        for (int i = 10 + header; i < bytes.capacity(); i += 4) {
            float p = bytes.getFloat(i);
            assertTrue(p >= 0 && p <= 1, "element " + i + ": " + p);
        }
    }

    @Test
    void refusesWhatDoesNotFit(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        Cli outside = train(run, "--normalize", "none");
        assertEquals(ExitCode.BAD_DATA, outside.code());
        assertTrue(
                outside.err()
                        .contains("digits: a restricted Boltzmann machine takes features in [0, 1] but feature 3 of"
                                + " training sample 1 is "),
                outside.err());
        train(run);
        Cli classes = Cli.run("predict", "--from", run.toString(), "--data", "digits");
        assertEquals(ExitCode.USAGE, classes.code());
        assertTrue(classes.err().contains("predicts no classes: give --features"), classes.err());
        assertEquals(
                ExitCode.USAGE,
                Cli.run("evaluate", "--from", run.toString(), "--ais", "long").code());
        Path network = temp.resolve("network");
        Cli.train(network);
        Cli none = Cli.run("evaluate", "--from", network.toString(), "--ais", "short");
        assertEquals(ExitCode.USAGE, none.code());
        assertTrue(none.err().contains("is no restricted Boltzmann machine"), none.err());
        Path png = temp.resolve("x.png");
        Cli shape = Cli.run(
                "sample",
                "--from",
                run.toString(),
                "--out",
                temp.resolve("x.npy").toString(),
                "--png",
                png.toString(),
                "--shape",
                "7x9");
        assertEquals(ExitCode.USAGE, shape.code());
        assertTrue(shape.err().contains("shape must be HxW with H * W = 64 but was '7x9'"), shape.err());
        assertTrue(!Files.exists(png));
    }

    @Test
    void tablesHaveNoLabelUnlessOneIsNamed(@TempDir Path temp) throws IOException {
        Path table = Files.writeString(temp.resolve("t.csv"), "0,1,1\n1,0,0\n1,1,0\n0,0,1\n");
        Path held = Files.writeString(temp.resolve("held.csv"), "0,1,1\n1,0,0\n");
        Cli run = train(
                temp.resolve("run"),
                "--data",
                table.toString(),
                "--test",
                held.toString(),
                "--validation-data",
                held.toString());
        assertEquals(ExitCode.DONE, run.code(), run.err());
        assertTrue(run.err().contains("4 training, 2 validation, 2 test samples, 3 features"), run.err());
    }
}
