package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of small convolutional networks on the digits, 8 x 8 pixels. */
class ConvolutionalCommandsTest {
    private static final String LAYERS = "conv:8x3 relu pool:2 sparse-conv:16x3,density=0.3 relu dropout:0.1 avgpool:2"
            + " sparse:40,density=0.3 srelu dropout:0.1 dense:classes";

    private static Cli train(Path directory, String... words) {
        List<String> all = new ArrayList<>(List.of("train", "--out", directory.toString(), "--epochs", "3"));
        all.addAll(List.of(words));
        return Cli.run(all.toArray(String[]::new));
    }

    /** A short run on few samples; where and how fast does not matter. */
    private static Cli small(Path directory, String... words) {
        String[] all = Stream.of(
                        new String[] {"--layers", LAYERS, "--train-samples", "100", "--test-samples", "50"}, words)
                .flatMap(Stream::of)
                .toArray(String[]::new);
        Cli run = train(directory, all);
        assertTrue(List.of(ExitCode.DONE, ExitCode.STOPPED).contains(run.code()), run.err());
        return run;
    }

    @Test
    void learnsTheDigits(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Cli trained = train(run, "--layers", LAYERS, "--at-end", "none", "--learning-rate", "0.03");
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        Map<?, ?> result = trained.json();
        assertTrue(number(result, "test_accuracy") > 0.85, trained.lastLine());
        assertEquals(72 + 346 + 768 + 400, result.get("connections"));
        assertTrue(trained.err().contains("network 1x8x8 " + LAYERS), trained.err());

        String file = run.resolve("last.safetensors").toString();
        Cli evaluated = Cli.run("evaluate", "--from", file, "--json");
        assertEquals(ExitCode.DONE, evaluated.code(), evaluated.err());
        assertEquals(result.get("test_loss"), evaluated.json().get("loss"));
        Cli predicted = Cli.run("predict", "--from", file, "--data", "digits");
        assertEquals(360, predicted.lines().size(), predicted.err());

        Cli table = Cli.run("inspect", "--from", file);
        assertEquals(ExitCode.DONE, table.code(), table.err());
        assertTrue(
                table.out().contains("1      sparse-conv:16x3,density=0.3 relu dropout:0.1  16x4x4         362"),
                table.out());
        assertTrue(table.out().contains("       avgpool:2                                      16x2x2"), table.out());
        assertTrue(table.out().contains("settings --layers '" + LAYERS + "' --"), table.out());
        Map<?, ?> found = Cli.run("inspect", "--from", file, "--json").json();
        assertEquals(List.of(1, 8, 8), found.get("input"));
        List<?> network = (List<?>) Objects.requireNonNull(found.get("network"));
        assertEquals(6, network.size());
        Map<?, ?> pool = (Map<?, ?>) network.get(1);
        assertEquals("pool:2", pool.get("words"));
        assertEquals(List.of(8, 4, 4), pool.get("output"));
        assertEquals(result.get("parameters"), found.get("parameters"));
        assertEquals(1, ((List<?>) Objects.requireNonNull(found.get("hidden"))).size());
    }

    @Test
    void theSameBytesHoweverItRuns(@TempDir Path temp) {
        String expected = small(temp.resolve("one"), "--threads", "1").sha256();
        assertEquals(expected, small(temp.resolve("three"), "--threads", "3").sha256());
        assertEquals(expected, small(temp.resolve("plain"), "--simd", "off").sha256());
        Path parts = temp.resolve("parts");
        assertEquals(ExitCode.STOPPED, small(parts, "--max-time", "0s").code());
        assertEquals(expected, small(parts, "--resume").sha256());
    }

    @Test
    void denseAndStaticAreTheBaselines(@TempDir Path temp) {
        Map<?, ?> dense = small(temp.resolve("dense"), "--dense").json();
        assertEquals(72 + 16 * 72 + 64 * 40 + 400, dense.get("connections"));
        Map<?, ?> fixed = small(temp.resolve("static"), "--evolution", "static", "--at-end", "none")
                .json();
        assertEquals(72 + 346 + 768 + 400, fixed.get("connections"));
    }

    /** The long form of a network makes the tensors of the short one; only the configuration differs. */
    @Test
    void hiddenIsTheShortForm(@TempDir Path temp) throws IOException {
        train(temp.resolve("short"), "--hidden", "20,10", "--activation", "allrelu:0.5", "--dropout", "0.2");
        train(
                temp.resolve("long"),
                "--layers",
                "sparse:20 allrelu:0.5 dropout:0.2 sparse:10 allrelu:0.5 dropout:0.2 dense:classes");
        assertEquals(tensors(temp.resolve("short")), tensors(temp.resolve("long")));
    }

    /** The bytes of a checkpoint after its header, of which the first 8 tell the length. */
    private static List<Byte> tensors(Path run) throws IOException {
        byte[] bytes = Files.readAllBytes(run.resolve("last.safetensors"));
        long header = 0;
        for (int i = 7; i >= 0; i--) {
            header = header << 8 | (bytes[i] & 0xff);
        }
        List<Byte> tensors = new ArrayList<>();
        for (int i = Math.toIntExact(8 + header); i < bytes.length; i++) {
            tensors.add(bytes[i]);
        }
        assertFalse(tensors.isEmpty());
        return tensors;
    }

    @Test
    void featuresOfATableFormImagesWhenTold(@TempDir Path temp) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < 12; row++) {
            text.append(row % 5)
                    .append(",1,")
                    .append(row % 2)
                    .append(",0,3,")
                    .append(row % 3)
                    .append(',')
                    .append(row % 2 == 0 ? "even" : "odd")
                    .append('\n');
        }
        Path table = Files.writeString(temp.resolve("table.csv"), text);
        String[] words = {"--data", table.toString(), "--layers", "conv:2x2 relu pool:2 dense:classes"};
        Cli unknown = train(temp.resolve("a"), words);
        assertEquals(ExitCode.USAGE, unknown.code());
        assertTrue(
                unknown.err()
                        .contains("layers: word 1 'conv:2x2' takes images, but the data do not say how their 6"
                                + " features form one: give --image CHANNELSxHEIGHTxWIDTH"),
                unknown.err());
        Cli told = train(
                temp.resolve("b"),
                Stream.concat(Stream.of(words), Stream.of("--image", "1x2x3")).toArray(String[]::new));
        assertEquals(ExitCode.DONE, told.code(), told.err());
        Cli evaluated =
                Cli.run("evaluate", "--from", temp.resolve("b").toString(), "--data", table.toString(), "--json");
        assertEquals(12, evaluated.json().get("samples"), evaluated.err());
    }

    private static double number(Map<?, ?> map, String key) {
        return ((Number) Objects.requireNonNull(map.get(key), key)).doubleValue();
    }
}
