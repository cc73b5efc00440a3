package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that read a saved model. */
class ModelCommandsTest {
    private static final String TABLE = "x,y,kind\n0,1,red\n1,0,blue\n0.1,1,red\n1,0.1,blue\n0,0.9,red\n0.9,0,blue\n";

    @Test
    void evaluatesTheSamplesOfTheRunAgain(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Map<?, ?> result = Cli.train(run, "--at-end", "none").json();
        Cli evaluated =
                Cli.run("evaluate", "--from", run.resolve("last.safetensors").toString(), "--json");
        assertEquals(ExitCode.DONE, evaluated.code(), evaluated.err());
        assertEquals(result.get("test_accuracy"), evaluated.json().get("accuracy"));
        assertEquals(number(result, "test_loss"), number(evaluated.json(), "loss"), 1e-5);
        assertEquals(359, evaluated.json().get("samples"));
        Cli best = Cli.run("evaluate", "--from", run.toString(), "--data", "digits", "--simd", "off", "--json");
        assertEquals(result.get("best_test_accuracy"), best.json().get("accuracy"));
        Cli line = Cli.run("evaluate", "--from", run.toString());
        assertTrue(line.lines().get(0).matches("loss \\d+\\.\\d{4}  accuracy [01]\\.\\d{4}  samples 359"), line.out());
        assertTrue(line.lines().get(1).matches("balanced_accuracy [01]\\.\\d{4}  macro_f1 [01]\\.\\d{4}"), line.out());
        assertEquals(2 + 12 + 13, line.lines().size(), line.out());
        requireConsistent(evaluated.json(), 10);
    }

    /** The confusion matrix must say what the other measures say. */
    private static void requireConsistent(Map<?, ?> json, int classes) {
        List<?> confusion = (List<?>) Objects.requireNonNull(json.get("confusion"));
        List<?> perClass = (List<?>) Objects.requireNonNull(json.get("classes"));
        assertEquals(classes, confusion.size());
        double right = 0;
        double recalls = 0;
        for (int c = 0; c < classes; c++) {
            Map<?, ?> each = (Map<?, ?>) Objects.requireNonNull(perClass.get(c));
            List<?> row = (List<?>) Objects.requireNonNull(confusion.get(c));
            double all = row.stream().mapToInt(n -> (Integer) n).sum();
            int correct = (Integer) Objects.requireNonNull(row.get(c));
            assertEquals(all, number(each, "support"));
            assertEquals(correct / all, number(each, "recall"), 1e-12);
            right += correct;
            recalls += correct / all;
        }
        assertEquals(number(json, "correct"), right);
        assertEquals(recalls / classes, number(json, "balanced_accuracy"), 1e-12);
    }

    @Test
    void evaluatesFilesWhole(@TempDir Path temp) throws IOException {
        Path table = write(temp.resolve("table.csv"), TABLE);
        Path run = tableRun(temp, table);
        Cli whole = Cli.run("evaluate", "--from", run.toString(), "--data", table.toString(), "--json");
        assertEquals(6, whole.json().get("samples"), whole.err());
        assertEquals(1.0, whole.json().get("accuracy"));
        assertEquals(1.0, whole.json().get("auc"));
        requireConsistent(whole.json(), 2);
        Cli test = Cli.run("evaluate", "--from", run.toString(), "--test", table.toString(), "--json");
        assertEquals(whole.out(), test.out());
        Cli held = Cli.run("evaluate", "--from", run.toString(), "--json");
        assertEquals(2, held.json().get("samples"), held.err());

        Path first = write(temp.resolve("first.csv"), "kind,x,y\nred,0,1\nblue,1,0\n");
        Cli named =
                Cli.run("evaluate", "--from", run.toString(), "--data", first.toString(), "--label", "kind", "--json");
        assertEquals(1.0, named.json().get("accuracy"), named.err());
    }

    @Test
    void refusesSamplesThatDoNotFit(@TempDir Path temp) throws IOException {
        Path table = write(temp.resolve("table.csv"), TABLE);
        Path run = tableRun(temp, table);
        Path wide = write(temp.resolve("wide.csv"), "1,2,3,red\n3,2,1,blue\n");
        requireBadData(Cli.run("evaluate", "--from", run.toString(), "--data", wide.toString()), wide);
        requireBadData(Cli.run("predict", "--from", run.toString(), "--data", wide.toString()), wide);
        Path green = write(temp.resolve("green.csv"), "x,y,kind\n1,2,green\n");
        Cli unknown = Cli.run("evaluate", "--from", run.toString(), "--data", green.toString());
        requireBadData(unknown, green);
        assertTrue(unknown.err().contains("green"), unknown.err());
        Cli unlabelled = Cli.run("evaluate", "--from", run.toString(), "--data", table.toString(), "--label", "none");
        assertEquals(ExitCode.BAD_DATA, unlabelled.code());
        assertEquals(
                ExitCode.BAD_DATA,
                Cli.run("evaluate", "--from", run.toString(), "--data", "digits")
                        .code());

        write(table, TABLE.replace("1", "2").replace("9", "8"));
        Cli changed = Cli.run("evaluate", "--from", run.toString());
        requireBadData(changed, table);
        Files.delete(run.resolveSibling("run.json"));
        assertEquals(
                ExitCode.USAGE, Cli.run("evaluate", "--from", run.toString()).code());
    }

    @Test
    void predictsEachSample(@TempDir Path temp) throws IOException {
        Path table = write(temp.resolve("table.csv"), TABLE);
        Path run = tableRun(temp, table);
        Cli csv = Cli.run("predict", "--from", run.toString(), "--data", table.toString(), "--probabilities");
        assertEquals(ExitCode.DONE, csv.code(), csv.err());
        assertEquals("row,class,probability,blue,red", csv.lines().get(0));
        assertEquals(7, csv.lines().size());
        for (int row = 1; row <= 6; row++) {
            String[] cells = csv.lines().get(row).split(",", -1);
            assertEquals(Integer.toString(row), cells[0]);
            assertEquals(row % 2 == 1 ? "red" : "blue", cells[1]);
            assertEquals(1, Double.parseDouble(cells[3]) + Double.parseDouble(cells[4]), 1e-6);
            assertEquals(cells[row % 2 == 1 ? 4 : 3], cells[2]);
        }

        Path bare = write(temp.resolve("bare.csv"), "x,y\n0,1\n1,0\n");
        Path out = temp.resolve("predictions.jsonl");
        Cli json = Cli.run(
                "predict",
                "--from",
                run.toString(),
                "--data",
                bare.toString(),
                "--label",
                "none",
                "--format",
                "json",
                "--out",
                out.toString());
        assertEquals(ExitCode.DONE, json.code(), json.err());
        assertEquals("", json.out());
        List<String> lines = Files.readAllLines(out);
        assertEquals(2, lines.size());
        assertEquals("red", Json.parse(lines.get(0), Map.class).get("class"));
        assertEquals(2, Json.parse(lines.get(1), Map.class).get("row"));
    }

    @Test
    void predictsInManyBatches(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Cli.train(run);
        Cli predicted = Cli.run("predict", "--from", run.toString(), "--data", "digits");
        assertEquals(360, predicted.lines().size());
        assertTrue(predicted.lines().stream().skip(1).allMatch(line -> line.matches("\\d+,\\d,[01]\\.\\d+(E-\\d+)?")));
        assertTrue(predicted.lastLine().startsWith("359,"), predicted.lastLine());
    }

    @Test
    void inspectsTheTopology(@TempDir Path temp) {
        Path run = temp.resolve("run");
        Map<?, ?> result = Cli.train(run, "--sparse-output", "--density", "0.3").json();
        Map<?, ?> found = Cli.run(
                        "inspect", "--from", run.resolve("last.safetensors").toString(), "--json")
                .json();
        assertEquals(result.get("connections"), found.get("connections"));
        assertEquals(result.get("parameters"), found.get("parameters"));
        assertEquals(2, found.get("epoch"));
        assertEquals("0.3", ((Map<?, ?>) Objects.requireNonNull(found.get("settings"))).get("density"));
        assertFalse(((Map<?, ?>) Objects.requireNonNull(found.get("settings"))).containsKey("zeta"));
        long connections = 0;
        long parameters = 0;
        for (Object item : (List<?>) Objects.requireNonNull(found.get("layers"))) {
            Map<?, ?> layer = (Map<?, ?>) item;
            double count = number(layer, "connections");
            connections += (long) count;
            parameters += (long) number(layer, "parameters");
            double cells = number(layer, "inputs") * number(layer, "outputs");
            assertEquals(count / cells, number(layer, "density"), 1e-12);
            Map<?, ?> in = (Map<?, ?>) Objects.requireNonNull(layer.get("in_degree"));
            Map<?, ?> out = (Map<?, ?>) Objects.requireNonNull(layer.get("out_degree"));
            assertEquals(count, number(in, "mean") * number(layer, "outputs"), 1e-6);
            assertEquals(count, number(out, "mean") * number(layer, "inputs"), 1e-6);
            assertTrue(number((Map<?, ?>) Objects.requireNonNull(layer.get("weights")), "standard_deviation") > 0);
        }
        assertEquals(number(found, "connections"), (double) connections);
        assertEquals(number(found, "parameters"), (double) parameters);
        Cli table = Cli.run("inspect", "--from", run.toString());
        assertEquals(ExitCode.DONE, table.code(), table.err());
        assertTrue(table.out().contains("power law"), table.out());
        assertTrue(table.out().contains("--density 0.3"), table.out());
    }

    @Test
    void comparesWithTheTopologyThatTrainingBeganWith(@TempDir Path temp) {
        Path still = temp.resolve("still");
        Cli.train(still, "--evolution", "static", "--at-end", "none");
        Map<?, ?> found = inspected(still, "--bootstraps", "10");
        for (Map<?, ?> layer : layers(found)) {
            Map<?, ?> overlap = (Map<?, ?>) layer.get("first_overlap");
            if (Boolean.TRUE.equals(layer.get("sparse")) && overlap != null) {
                assertEquals(1.0, overlap.get("share_of_first"));
                assertEquals(1.0, overlap.get("share_of_second"));
                assertEquals(layer.get("clustering"), layer.get("first_clustering"));
                Map<?, ?> law = (Map<?, ?>) Objects.requireNonNull(layer.get("in_power_law"));
                double tenths = 10 * number(law, "p_value");
                assertEquals(Math.rint(tenths), tenths, 1e-9);
            }
        }
        assertEquals(found.get("paths"), found.get("first_paths"));

        Path moved = temp.resolve("moved");
        Cli.train(moved, "--epochs", "3", "--sparse-output", "--density", "0.3");
        Map<?, ?> after = inspected(moved, "--sources", "0", "--bootstraps", "0");
        assertEquals(null, after.get("paths"));
        int sparse = 0;
        for (Map<?, ?> layer : layers(after)) {
            if (Boolean.TRUE.equals(layer.get("sparse"))) {
                sparse++;
                double left = number((Map<?, ?>) Objects.requireNonNull(layer.get("first_overlap")), "share_of_first");
                assertTrue(left > 0.2 && left < 0.75, "two evolutions and a cut leave " + left); // 0.7 * 0.7 * 0.7
                assertEquals(null, ((Map<?, ?>) Objects.requireNonNull(layer.get("in_power_law"))).get("p_value"));
            }
        }
        assertTrue(sparse > 0);
        List<?> neurons = (List<?>) Objects.requireNonNull(after.get("neurons"));
        assertEquals(layers(after).size() + 1, neurons.size());
    }

    @Test
    void ranksFeaturesByStrength(@TempDir Path temp) throws IOException {
        Path table =
                write(temp.resolve("table.csv"), "noise,\"the one, that tells\",kind\n" + "5,0,a\n5,1,b\n".repeat(4));
        Path file = tableRun(temp, table, "--weight-decay", "0.05"); // which leaves little of what learns nothing
        List<?> features = (List<?>)
                Objects.requireNonNull(inspected(file, "--features", "2").get("features"));
        Map<?, ?> first = (Map<?, ?>) features.get(0);
        assertEquals(1, first.get("rank"));
        assertEquals(1, first.get("feature"));
        assertEquals("the one, that tells", first.get("name"));
        assertEquals("noise", ((Map<?, ?>) features.get(1)).get("name"));
        assertTrue(number(first, "strength") >= number((Map<?, ?>) features.get(1), "strength"));
        assertEquals(null, inspected(file).get("features"));
        Cli text = Cli.run("inspect", "--from", file.toString(), "--features", "1");
        assertTrue(text.lines().stream().anyMatch(line -> line.endsWith("the one, that tells")), text.out());
        for (String count : List.of("3", "0", "x")) {
            Cli wrong = Cli.run("inspect", "--from", file.toString(), "--features", count);
            assertEquals(ExitCode.USAGE, wrong.code(), wrong.out());
        }
        Path digits = temp.resolve("digits");
        Cli.train(digits);
        List<?> pixels = (List<?>)
                Objects.requireNonNull(inspected(digits, "--features", "64").get("features"));
        assertEquals(64, pixels.size());
        for (Object item : pixels) {
            Map<?, ?> pixel = (Map<?, ?>) item;
            int feature = (int) number(pixel, "feature");
            assertEquals(List.of(feature / 8, feature % 8), pixel.get("pixel"));
        }
    }

    private static Map<?, ?> inspected(Path from, String... options) {
        List<String> words = new ArrayList<>(List.of("inspect", "--from", from.toString(), "--json"));
        words.addAll(List.of(options));
        Cli inspected = Cli.run(words.toArray(String[]::new));
        assertEquals(ExitCode.DONE, inspected.code(), inspected.err());
        return inspected.json();
    }

    private static List<Map<?, ?>> layers(Map<?, ?> found) {
        return ((List<?>) Objects.requireNonNull(found.get("layers")))
                .stream().<Map<?, ?>>map(layer -> (Map<?, ?>) layer).toList();
    }

    private static Path tableRun(Path temp, Path table, String... more) {
        Path run = temp.resolve("table-run");
        String options = "--hidden 8 --epochs 200 --batch-size 2 --test-fraction 0.34 --dropout 0 --learning-rate 0.1";
        List<String> words = new ArrayList<>(List.of("train", "--data", table.toString(), "--out", run.toString()));
        words.addAll(List.of((options + " --quiet").split(" ")));
        words.addAll(List.of(more));
        Cli trained = Cli.run(words.toArray(String[]::new));
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        return run.resolve("last.safetensors");
    }

    private static void requireBadData(Cli run, Path named) {
        assertEquals(ExitCode.BAD_DATA, run.code(), run.err());
        assertEquals(1, run.errors().size(), run.err());
        assertTrue(run.err().contains(named.toString()), run.err());
    }

    private static Path write(Path file, String text) throws IOException {
        return Files.writeString(file, text);
    }

    private static double number(Map<?, ?> map, String key) {
        return ((Number) Objects.requireNonNull(map.get(key), key)).doubleValue();
    }
}
