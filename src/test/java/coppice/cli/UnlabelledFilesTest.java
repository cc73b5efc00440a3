package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same samples without labels in every format: {@code predict} must say the same of all. */
class UnlabelledFilesTest {
    private static final int ROWS = 5;
    private static final int COLUMNS = 6;

    private static Path fixture(String name) {
        return Path.of("src/test/resources/data", name);
    }

    private static float value(int row, int column) { // that of the fixtures
        return (7 * row + 3 * column) % 11 - 4 + column / 4f;
    }

    private static String lines(String separator, String end) {
        return IntStream.range(0, ROWS)
                .mapToObj(row -> IntStream.range(0, COLUMNS)
                                .mapToObj(column -> Float.toString(value(row, column)))
                                .collect(Collectors.joining(separator))
                        + end)
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String libsvm() {
        return IntStream.range(0, ROWS)
                .mapToObj(row -> IntStream.range(0, COLUMNS)
                        .mapToObj(column -> (column + 1) + ":" + value(row, column))
                        .collect(Collectors.joining(" ")))
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static byte[] idx() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(0x0D02);
        out.writeInt(ROWS);
        out.writeInt(COLUMNS);
        for (int k = 0; k < ROWS * COLUMNS; k++) {
            out.writeFloat(value(k / COLUMNS, k % COLUMNS));
        }
        return bytes.toByteArray();
    }

    @Test
    void everyFormatWithoutLabels(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        Cli trained = Cli.run(
                "train",
                "--quiet",
                "--data",
                fixture("commas.csv").toString(),
                "--test-fraction",
                "0",
                "--hidden",
                "8",
                "--epochs",
                "2",
                "--out",
                run.toString());
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        String expected = predict(run, fixture("commas.csv").toString());
        assertEquals(ROWS + 1, expected.lines().count());

        String attributes = IntStream.range(0, COLUMNS)
                .mapToObj(column -> "@attribute x" + column + " real\n")
                .collect(Collectors.joining("", "@relation r\n", ""));
        List<Path> files = new ArrayList<>(List.of(fixture("features.npy"), fixture("fortran.npy.gz")));
        files.add(fixture("compact.h5"));
        files.add(Files.writeString(temp.resolve("bare.csv"), lines(",", "")));
        files.add(Files.writeString(temp.resolve("named.csv"), "a,b,c,d,e,f\n" + lines(",", "")));
        files.add(Files.writeString(temp.resolve("missing.csv"), lines(",", ",?")));
        files.add(Files.writeString(temp.resolve("blanks.txt"), lines("  ", "")));
        files.add(Files.writeString(temp.resolve("bare.libsvm"), libsvm()));
        files.add(Files.writeString(temp.resolve("bare.arff"), attributes + "@data\n" + lines(",", "")));
        files.add(Files.writeString(
                temp.resolve("missing.arff"), attributes + "@attribute class {a,b}\n@data\n" + lines(",", ",?")));
        files.add(Files.write(temp.resolve("bare.idx"), idx()));
        for (Path file : files) {
            assertEquals(expected, predict(run, file.toString()), file.toString());
        }
        for (String name : List.of("stored.npz", "scipy.mat")) {
            assertEquals(expected, predict(run, fixture(name).toString(), "--variables", "X"), name);
        }
        assertEquals(expected, predict(run, fixture("groups.h5").toString(), "--variables", "train/data"));

        Cli evaluated = Cli.run(
                "evaluate",
                "--from",
                run.toString(),
                "--data",
                fixture("features.npy").toString());
        assertEquals(ExitCode.BAD_DATA, evaluated.code());
        assertTrue(evaluated.err().contains("labels are needed but there are none"), evaluated.err());
    }

    private static String predict(Path run, String data, String... words) {
        List<String> all = new ArrayList<>(List.of("predict", "--probabilities", "--from", run.toString()));
        all.addAll(List.of("--data", data));
        all.addAll(List.of(words));
        Cli predicted = Cli.run(all.toArray(String[]::new));
        assertEquals(ExitCode.DONE, predicted.code(), predicted.err());
        return predicted.out();
    }
}
