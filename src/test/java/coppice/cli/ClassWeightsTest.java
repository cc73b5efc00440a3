package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.model.LayerState;
import coppice.run.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassWeightsTest {
    private static final String ONCE = "0.5,-1,a\n-0.25,2,b\n1,0.75,c\n";

    /** Samples of a and b again, so that a has 6, b 2 and c 1. */
    private static final String UNEVEN = "0.5,-1,a\n".repeat(5) + "-0.25,2,b\n" + ONCE;

    private static Cli train(Path run, Path table, int batch, String... words) {
        List<String> all = new ArrayList<>(List.of("train", "--data", table.toString(), "--out", run.toString()));
        all.addAll(List.of("--normalize", "none", "--dropout", "0", "--hidden", "7", "--epochs", "4"));
        all.addAll(List.of("--test", table.toString(), "--batch-size", Integer.toString(batch)));
        all.addAll(List.of(words));
        return Cli.run(all.toArray(String[]::new));
    }

    /** Of whole batches the balanced gradient is that of each class's sample once. */
    @Test
    void balancedClassesCountAlike(@TempDir Path temp) throws IOException {
        Path once = Files.writeString(temp.resolve("once.csv"), ONCE);
        Path uneven = Files.writeString(temp.resolve("uneven.csv"), UNEVEN);
        Cli expected = train(temp.resolve("once"), once, 3);
        Cli weighted = train(temp.resolve("weighted"), uneven, 9, "--class-weights", "balanced");
        assertEquals(ExitCode.DONE, weighted.code(), weighted.err());
        Checkpoint even = Checkpoint.read(temp.resolve("once/last.safetensors"));
        Checkpoint found = Checkpoint.read(temp.resolve("weighted/last.safetensors"));
        assertArrayEquals(new float[] {0.5f, 1.5f, 3}, found.statistics().classWeights()); // 9 / (3 * count)
        for (int layer = 0; layer < 2; layer++) {
            LayerState wanted = even.layers().get(layer);
            assertArrayEquals(wanted.weights(), found.layers().get(layer).weights(), 1e-5f);
            assertArrayEquals(wanted.bias(), found.layers().get(layer).bias(), 1e-5f);
        }
        assertEquals(number(expected, "train_loss"), number(weighted, "train_loss"), 1e-5);
        assertEquals(number(expected, "test_loss"), number(weighted, "test_loss"), 1e-5);

        Cli again = Cli.run(
                "evaluate",
                "--json",
                "--from",
                temp.resolve("weighted/last.safetensors").toString());
        assertEquals(number(weighted, "test_loss"), number(again, "loss"), again.err());
        Cli plain = train(temp.resolve("plain"), uneven, 9);
        assertFalse(Math.abs(number(plain, "train_loss") - number(weighted, "train_loss")) < 1e-3);
    }

    @Test
    void imbalanceIsSaid(@TempDir Path temp) throws IOException {
        Path much = Files.writeString(temp.resolve("much.csv"), "1,2,a\n".repeat(20) + "3,4,b\n".repeat(2));
        Cli warned = train(temp.resolve("warned"), much, 9);
        assertTrue(warned.err().contains("classes are imbalanced: 'a' has 20 samples, 'b' has 2"), warned.err());
        Cli weighted = train(temp.resolve("weighted"), much, 9, "--class-weights", "balanced");
        assertTrue(weighted.err().contains("class weights balanced: 'a' has 20 samples, 'b' has 2"), weighted.err());
        Path little = Files.writeString(temp.resolve("little.csv"), "1,2,a\n".repeat(18) + "3,4,b\n".repeat(2));
        assertFalse(train(temp.resolve("little"), little, 9).err().contains("imbalanced"));
        assertEquals(
                10.0,
                Cli.run("data", "describe", much.toString(), "--json").json().get("imbalance"));
        assertEquals(
                ExitCode.USAGE,
                train(temp.resolve("no"), much, 9, "--class-weights", "some").code());
    }

    private static double number(Cli run, String key) {
        Object value = run.json().get(key);
        assertTrue(value instanceof Number, key + " in " + run.out());
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
