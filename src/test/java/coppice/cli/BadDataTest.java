package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged files through the command line: one line that names the file, exit code 3. */
class BadDataTest {
    @SuppressWarnings("ArrayRecordComponent")
    private record BadFile(String name, byte[] content) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<BadFile> files() throws IOException {
        byte[] table = "a,b,c\n1,2,0\n3,4,1\n".repeat(100).getBytes(StandardCharsets.UTF_8);
        byte[] noise = new byte[4096];
        new Random(7).nextBytes(noise);
        noise[0] = (byte) 0xC1;
        byte[] idx = new byte[16 + 3 * 4];
        System.arraycopy(new byte[] {0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2}, 0, idx, 0, 16);
        byte[] hugeIdx = idx.clone();
        Arrays.fill(hugeIdx, 4, 8, (byte) 0x7F);
        byte[] mat = Arrays.copyOf("MATLAB 5.0 MAT-file, cut short".getBytes(StandardCharsets.US_ASCII), 140);
        mat[125] = 1;
        mat[126] = 'I';
        mat[127] = 'M';
        return List.of(
                new BadFile("empty.csv", new byte[0]),
                text("header-only.csv", "a,b,label\n"),
                text("ragged.csv", "1,2,0\n3,4,1\n5,1\n"),
                text("word.csv", "1,2,0\n3,four,1\n5,6,1\n"),
                text("infinite.csv", "1,2,0\n3,1e99,1\n5,6,1\n"),
                text("missing.csv", "1,2,0\n3,,1\n5,6,1\n"),
                text("no-label.csv", "1,2,0\n3,4,\n5,6,1\n"),
                text("one-class.csv", "1,2,a\n3,4,a\n5,6,a\n7,8,a\n9,1,a\n"),
                text("quote.csv", "1,2,0\n3,\"4,1\n5,6,1\n"),
                text("falling.libsvm", "1 1:2 3:4\n0 5:1 2:3\n"),
                text("wide.libsvm", "1 1:2 3:4\n0 2:1 2147483638:3\n1 2:2\n"),
                text("pair.libsvm", "1 1:2 3:4\n0 5;1\n"),
                text("table.arff", "@relation r\n@data\n1,2\n"),
                new BadFile("latin1.csv", new byte[] {'1', ',', (byte) 0xE9, '\n', '2', ',', '3', '\n'}),
                new BadFile("cut.csv.gz", Arrays.copyOf(gzip(table), gzip(table).length - 12)),
                new BadFile("noise.bin", noise),
                new BadFile("cut.idx3-ubyte", idx),
                new BadFile("huge.idx3-ubyte", hugeIdx),
                new BadFile("cut.mat", mat),
                cut("stored.npz", 200),
                cut("keras.npz", 700),
                cut("groups.h5", 9000),
                cut("gzip-latest.h5", 2000),
                cut("features.npy", 300),
                cut("plants.arff", 600),
                text("array.npy", "\u0093NUMPY"));
    }

    /** The start of a file that another program wrote. */
    private static BadFile cut(String name, int length) throws IOException {
        byte[] whole = Files.readAllBytes(Path.of("src/test/resources/data", name));
        return new BadFile("cut-" + name, Arrays.copyOf(whole, length));
    }

    private static BadFile text(String name, String content) {
        return new BadFile(name, content.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        }
        return bytes.toByteArray();
    }

    @ParameterizedTest
    @MethodSource("files")
    void aDamagedFileIsOneClearLine(BadFile bad, @TempDir Path temp) throws IOException {
        Path file = Files.write(temp.resolve(bad.name), bad.content);
        Path run = temp.resolve("run");
        requireOneLine(Cli.train(run, "--data", file.toString()), file);
        assertFalse(Files.exists(run), "no run directory is left for a run that never began");
    }

    @Test
    void whatIsNotThereIsOneClearLine(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Path nothing = temp.resolve("nothing.csv");
        requireOneLine(Cli.train(run, "--data", nothing.toString()), nothing);
        requireOneLine(Cli.train(run, "--data", temp.toString()), temp);
        requireOneLine(Cli.run("data", "describe", nothing.toString()), nothing);
        requireOneLine(Cli.run("evaluate", "--from", nothing.toString()), nothing);
        requireOneLine(Cli.run("inspect", "--from", temp.toString()), temp);
    }

    @Test
    void aDamagedCheckpointIsOneClearLine(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        Cli.train(run);
        byte[] good = Files.readAllBytes(run.resolve("last.safetensors"));
        Path damaged = temp.resolve("damaged.safetensors");
        for (int length : new int[] {0, 7, 8, 100, good.length / 2, good.length - 1}) {
            Files.write(damaged, Arrays.copyOf(good, length));
            requireOneLine(Cli.run("inspect", "--from", damaged.toString()), damaged);
        }
        Random random = new Random(11);
        for (int attempt = 0; attempt < 60; attempt++) {
            byte[] bytes = good.clone();
            bytes[random.nextInt(2500)] ^= (byte) (1 << random.nextInt(8));
            Files.write(damaged, bytes);
            Cli inspected = Cli.run("inspect", "--from", damaged.toString());
            if (inspected.code() != ExitCode.DONE) {
                requireOneLine(inspected, damaged);
            }
        }
        Files.delete(run.resolve("last.safetensors")); // which may be a second name of the best checkpoint
        Files.write(run.resolve("last.safetensors"), Arrays.copyOf(good, good.length - 1));
        requireOneLine(Cli.train(run, "--resume"), run.resolve("last.safetensors"));
        Files.writeString(run.resolve("run.json"), "{\n\"seed\": ");
        requireOneLine(Cli.train(run, "--resume"), run.resolve("run.json"));
        requireOneLine(Cli.run("evaluate", "--from", run.toString()), run.resolve("run.json"));
    }

    private static void requireOneLine(Cli run, Path named) {
        assertEquals(ExitCode.BAD_DATA, run.code(), run.err());
        List<String> errors = run.errors().stream()
                .filter(line -> !line.matches("(data|network|backend|run directory) .*"))
                .toList();
        assertEquals(1, errors.size(), run.err());
        assertTrue(errors.get(0).startsWith("coppice: "), run.err());
        assertTrue(errors.get(0).contains(named.toString()), run.err());
        assertFalse(errors.get(0).contains("Exception"), run.err());
    }
}
