package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --missing mean} does what putting the training means into the files would do. */
class MissingValuesTest {
    private static final String TRAIN = "1,?,red\n3,4,blue\nNA,6,red\n5,2,blue\n"; // means 3 and 4
    private static final String TEST = "0.5,,red\nNaN,3,blue\n";

    private static String filled(String table) {
        return table.replaceAll("(?m)^(NA|NaN),", "3,").replaceAll(",(\\?)?,", ",4,");
    }

    private static Cli train(Path directory, Path train, Path test, String... words) {
        List<String> all = new ArrayList<>(List.of("train", "--quiet", "--out", directory.toString()));
        all.addAll(List.of("--hidden", "8", "--epochs", "3", "--data", train.toString(), "--test", test.toString()));
        all.addAll(List.of(words));
        return Cli.run(all.toArray(String[]::new));
    }

    @Test
    void meansStandInForMissingValues(@TempDir Path temp) throws IOException {
        Path train = Files.writeString(temp.resolve("train.csv"), TRAIN);
        Path test = Files.writeString(temp.resolve("test.csv"), TEST);
        Path run = temp.resolve("run");
        Cli trained = train(run, train, test, "--missing", "mean");
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        Path whole = Files.writeString(temp.resolve("whole.csv"), filled(TRAIN));
        Path wholeTest = Files.writeString(temp.resolve("whole-test.csv"), filled(TEST));
        Cli same = train(temp.resolve("same"), whole, wholeTest);
        for (String key : List.of("train_loss", "test_loss", "test_accuracy")) {
            assertEquals(same.json().get(key), trained.json().get(key), key);
        }

        String last = run.resolve("last.safetensors").toString();
        Cli again = Cli.run("evaluate", "--from", last, "--json");
        assertEquals(trained.json().get("test_loss"), again.json().get("loss"), again.err());
        Path bare = Files.writeString(temp.resolve("bare.csv"), "?,3\n0.5,NA\n");
        Path bareWhole = Files.writeString(temp.resolve("bare-whole.csv"), "3,3\n0.5,4\n");
        Cli predicted = Cli.run("predict", "--from", last, "--data", bare.toString(), "--probabilities");
        assertEquals(3, predicted.lines().size(), predicted.err());
        assertEquals(
                Cli.run("predict", "--from", last, "--data", bareWhole.toString(), "--probabilities")
                        .out(),
                predicted.out());
    }

    @Test
    void missingValuesAreFaultsUnlessAllowed(@TempDir Path temp) throws IOException {
        Path train = Files.writeString(temp.resolve("train.csv"), TRAIN);
        Cli refused = train(temp.resolve("run"), train, train);
        assertEquals(ExitCode.BAD_DATA, refused.code());
        assertTrue(refused.err().contains(train + ":1: column 2: the value is missing"), refused.err());
        Path never = Files.writeString(temp.resolve("never.csv"), "1,?,red\n3,?,blue\n");
        Cli meanless = train(temp.resolve("run"), never, never, "--missing", "mean");
        assertEquals(ExitCode.BAD_DATA, meanless.code());
        assertTrue(meanless.err().contains("feature 2 is missing in every training sample"), meanless.err());
        assertEquals(
                ExitCode.USAGE,
                train(temp.resolve("run"), train, train, "--missing", "zero").code());
    }
}
