package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.run.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers to predict, through the command line. */
class RegressionTest {
    private static final int ROWS = 200;

    /** x, y, and a scaled and shifted 3 x - 2 y + x y. */
    private static String table(double scale, double shift) {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder("x,y,target\n");
        for (int i = 0; i < ROWS; i++) {
            double x = random.nextDouble() * 2 - 1;
            double y = random.nextDouble() * 2 - 1;
            text.append(String.format(Locale.ROOT, "%.4f,%.4f,%.7f%n", x, y, scale * (3 * x - 2 * y + x * y) + shift));
        }
        return text.toString();
    }

    private static Cli train(Path run, Path table, String... words) {
        List<String> all = new ArrayList<>(List.of("train", "--task", "regression", "--data", table.toString()));
        all.addAll(List.of("--hidden", "32", "--epochs", "60", "--dropout", "0", "--out", run.toString()));
        all.addAll(List.of(words));
        return Cli.run(all.toArray(String[]::new));
    }

    @Test
    void predictsNumbersInTheirUnit(@TempDir Path temp) throws IOException {
        Path table = Files.writeString(temp.resolve("t.csv"), table(250, 1000));
        Path run = temp.resolve("run");
        Cli trained = train(run, table);
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        assertTrue(trained.err().contains("numbers to predict have mean"), trained.err());
        assertTrue(trained.err().contains("network 2-32-1"), trained.err());
        assertNull(trained.json().get("test_accuracy"));
        Path last = run.resolve("last.safetensors");
        Cli held = Cli.run("evaluate", "--from", last.toString(), "--json");
        assertEquals(trained.json().get("test_loss"), held.json().get("loss"), held.err());
        double deviation = standardDeviation(last);
        double rmse = number(held, "rmse");
        assertEquals(rmse * rmse, number(held, "loss") * deviation * deviation, 1e-4 * rmse * rmse);
        assertTrue(number(held, "r2") > 0.9, held.out());
        assertTrue(number(held, "mae") <= rmse, held.out());

        Cli predicted = Cli.run("predict", "--from", last.toString(), "--data", table.toString());
        assertEquals("row,value", predicted.lines().get(0), predicted.err());
        double squares = 0;
        List<String> rows = Files.readAllLines(table);
        for (int i = 1; i <= ROWS; i++) {
            double error = Double.parseDouble(predicted.lines().get(i).split(",", -1)[1])
                    - Double.parseDouble(rows.get(i).split(",", -1)[2]);
            squares += error * error;
        }
        Cli whole = Cli.run("evaluate", "--from", last.toString(), "--data", table.toString(), "--json");
        assertEquals(Math.sqrt(squares / ROWS), number(whole, "rmse"), 1e-3, whole.err());
        Path bare = Files.writeString(temp.resolve("bare.csv"), "x,y\n0.5,-0.5\n");
        Cli json = Cli.run("predict", "--from", last.toString(), "--data", bare.toString(), "--format", "json");
        assertEquals(1000 + 250 * 2.25, number(json, "value"), 150, json.err());
    }

    private static double standardDeviation(Path checkpoint) throws IOException {
        float[] target = Checkpoint.read(checkpoint).statistics().target();
        assertTrue(target != null && target.length == 2);
        return target == null ? Double.NaN : target[1];
    }

    @Test
    void theUnitDoesNotMatter(@TempDir Path temp) throws IOException {
        double[][] losses = new double[2][];
        for (int i = 0; i < 2; i++) {
            Path table = Files.writeString(temp.resolve(i + ".csv"), i == 0 ? table(1, 0) : table(4096, -9e4));
            Cli trained = train(temp.resolve("run" + i), table, "--epochs", "5");
            losses[i] = new double[] {number(trained, "train_loss"), number(trained, "test_loss")};
        }
        assertArrayEquals(losses[0], losses[1], 1e-4, Arrays.toString(losses[1]));
    }

    @Test
    void whatDoesNotGoTogether(@TempDir Path temp) throws IOException {
        Path table = Files.writeString(temp.resolve("t.csv"), table(1, 0));
        for (String[] words : new String[][] {
            {"--loss", "mse"}, {"--class-weights", "balanced"}, {"--target-accuracy", "0.5"}, {"--task", "guessing"}
        }) {
            Cli refused = train(temp.resolve("run"), table, words);
            assertEquals(ExitCode.USAGE, refused.code(), refused.err());
        }
        assertEquals(
                ExitCode.USAGE,
                Cli.run("train", "--data", "digits", "--task", "regression").code());
        Path words = Files.writeString(temp.resolve("words.csv"), "x,y,z\n1,2,red\n");
        Cli refused = train(temp.resolve("run"), words);
        assertEquals(ExitCode.BAD_DATA, refused.code());
        assertTrue(refused.err().contains(words + ":2: column 3: label 'red' is not a finite number"), refused.err());
        Cli hinted = Cli.run(
                "train",
                "--data",
                table.toString(),
                "--hidden",
                "4",
                "--epochs",
                "1",
                "--out",
                temp.resolve("c").toString());
        assertTrue(hinted.err().contains("--task regression predicts numbers"), hinted.err());
    }

    @Test
    void goesOnToTheSameBits(@TempDir Path temp) throws IOException {
        Path table = Files.writeString(temp.resolve("t.csv"), table(3, 1));
        Cli whole = train(temp.resolve("whole"), table, "--epochs", "3");
        Path run = temp.resolve("run");
        Cli stopped = train(run, table, "--epochs", "3", "--max-time", "0s");
        assertEquals(ExitCode.STOPPED, stopped.code(), stopped.err());
        Cli resumed = train(run, table, "--epochs", "3", "--resume");
        assertEquals(whole.sha256(), resumed.sha256(), resumed.err());
    }

    private static double number(Cli run, String key) {
        Object value = run.json().get(key);
        assertTrue(value instanceof Number, key + " in " + run.out() + run.err());
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
