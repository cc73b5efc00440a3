package coppice.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import coppice.run.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One row a group of seeds, the same for any order. */
class ResultTableTest {
    private final Path temp;

    ResultTableTest(@TempDir Path temp) {
        this.temp = temp;
    }

    private static List<Run> read(Path... directories) throws IOException {
        List<Run> runs = new ArrayList<>();
        for (Path directory : directories) {
            runs.add(Run.read(directory));
        }
        return runs;
    }

    private static List<?> rows(ResultTable table) {
        return Json.parse(table.json(), List.class);
    }

    private static Object cell(ResultTable table, int row, String column) {
        Map<?, ?> cells = (Map<?, ?>) rows(table).get(row);
        assertTrue(cells.containsKey(column), () -> column + " is not among " + cells.keySet());
        return String.valueOf(cells.get(column));
    }

    @Test
    void sumsUpSeeds() throws IOException {
        ResultTable table = new ResultTable(
                read(
                        Runs.completed(temp.resolve("a"), 1, 0.5),
                        Runs.completed(temp.resolve("b"), 2, 0.75),
                        Runs.completed(temp.resolve("c"), 10, 1.0)),
                false);
        assertEquals(1, rows(table).size());
        assertEquals("[1, 2, 10]", cell(table, 0, "seeds"));
        assertEquals("0.75", cell(table, 0, "test_accuracy_mean"));
        assertEquals("0.25", cell(table, 0, "test_accuracy_sd")); // by hand: sqrt((0.0625 + 0 + 0.0625) / 2)
        assertEquals("0.375", cell(table, 0, "validation_accuracy_mean"));
        assertEquals("0.375", cell(table, 0, "best_validation_accuracy_mean"));
        assertEquals("3.0", cell(table, 0, "best_epoch_mean"));
        assertEquals("0.0", cell(table, 0, "best_epoch_sd"));
        assertEquals(
                1004 + 1.0 / 3,
                Double.parseDouble(cell(table, 0, "connections_mean").toString()),
                1e-9);
        List<String> lines = table.csv().lines().toList();
        assertEquals(2, lines.size());
        assertTrue(lines.get(0).startsWith("runs,finished,seeds,epochs_mean,epochs_sd,best_epoch_mean"), lines.get(0));
        assertTrue(lines.get(1).startsWith("3,3,1 2 10,3.0,0.0,3.0,0.0,0.5,0.0,"), lines.get(1));
        assertFalse(table.csv().contains("seconds"), table.csv());
    }

    @Test
    void groupsByAllButTheSeedAndOrdersByValue() throws IOException {
        List<Run> runs = read(
                Runs.completed(temp.resolve("a"), 1, 0.5, "epsilon", "10", "evolution", "static"),
                Runs.completed(temp.resolve("b"), 1, 0.5, "epsilon", "5", "evolution", "set"),
                Runs.completed(temp.resolve("c"), 2, 0.5, "epsilon", "5", "evolution", "static", "threads", "3"),
                Runs.completed(temp.resolve("d"), 1, 0.5, "epsilon", "5", "evolution", "static", "out", "elsewhere"),
                Runs.completed(temp.resolve("e"), 1, 0.5, "density", "0.5", "evolution", "static"));
        ResultTable table = new ResultTable(runs, false);
        String expected = """
                epsilon,density,evolution,runs,finished,seeds
                ,0.5,static,1,1,1
                5,,set,1,1,1
                5,,static,2,2,1 2
                10,,static,1,1,1
                """;
        assertEquals(
                expected,
                table.csv()
                        .lines()
                        .map(line -> String.join(",", Arrays.copyOf(line.split(",", -1), 6)) + "\n")
                        .reduce("", String::concat));
        for (int shuffle = 0; shuffle < 5; shuffle++) {
            Collections.shuffle(runs, new java.util.Random(shuffle));
            assertEquals(table.csv(), new ResultTable(runs, false).csv());
            assertEquals(table.json(), new ResultTable(runs, false).json());
        }
    }

    @Test
    void unfinishedRunsCountButDoNotWeigh() throws IOException {
        Path running = Runs.epochs(Runs.begun(temp.resolve("running"), 2), 0.1, 0.2);
        Path resumed = Runs.epochs(Runs.begun(temp.resolve("resumed"), 3), 0.1, 0.2);
        Runs.ended(resumed, "stopped", 1, 0.1, 7);
        Path diverged = Runs.ended(Runs.begun(temp.resolve("diverged"), 4), "diverged", 0, 0.1, 7);
        Path begun = Runs.begun(temp.resolve("begun"), 5);
        Path reached =
                Runs.ended(Runs.epochs(Runs.begun(temp.resolve("reached"), 6), 0.5), "target-reached", 1, 0.5, 1);
        List<Run> runs = read(running, resumed, diverged, begun, reached, Runs.completed(temp.resolve("a"), 1, 1.0));
        assertEquals(
                List.of("unfinished", "unfinished", "diverged", "unfinished", "target-reached", "completed"),
                runs.stream().map(Run::status).toList());
        ResultTable table = new ResultTable(runs, false);
        assertEquals("6", cell(table, 0, "runs"));
        assertEquals("2", cell(table, 0, "finished"));
        assertEquals("0.75", cell(table, 0, "test_accuracy_mean"));
        ResultTable none = new ResultTable(read(running, begun), false);
        assertEquals("null", cell(none, 0, "test_accuracy_mean"));
        assertEquals("null", cell(none, 0, "test_accuracy_sd"));
        assertEquals("null", cell(new ResultTable(read(reached), false), 0, "test_accuracy_sd"));
    }

    @Test
    void timesCoverAllEpochsAndKeepBackendsApart() throws IOException {
        List<Run> runs = read(
                Runs.completed(temp.resolve("a"), 1, 0.5),
                Runs.completed(temp.resolve("b"), 2, 0.5, "backend", "cuda", "device", "3"));
        assertEquals(1, rows(new ResultTable(runs, false)).size());
        ResultTable table = new ResultTable(runs, true);
        assertEquals("cpu", cell(table, 0, "backend"));
        assertEquals("cuda", cell(table, 1, "backend"));
        assertEquals(
                3 * 0.62,
                Double.parseDouble(cell(table, 1, "train_seconds_mean").toString()),
                1e-12);
        List<Run> libraries = read(
                Runs.completed(temp.resolve("c"), 1, 0.5, "backend", "cuda", "spmm", "cusparse"),
                Runs.completed(temp.resolve("d"), 1, 0.5, "backend", "cuda"));
        assertEquals("cusparse", cell(new ResultTable(libraries, false), 0, "spmm"));
    }

    @Test
    void cellsAreQuoted() throws IOException {
        List<Run> runs = read(
                Runs.completed(temp.resolve("a"), 1, 0.5, "data", "a,b"),
                Runs.completed(temp.resolve("b"), 1, 0.5, "data", "say \"x\""));
        List<String> lines = new ResultTable(runs, false).csv().lines().toList();
        assertTrue(lines.get(1).startsWith("\"a,b\",1,1,"), lines.get(1));
        assertTrue(lines.get(2).startsWith("\"say \"\"x\"\"\",1,1,"), lines.get(2));
    }

    @Test
    void anEarlierVersionsRunHasTheDefaultOfWhatItDoesNotKnow() throws IOException {
        Path early = Runs.completed(temp.resolve("a"), 1, 0.5);
        Path file = early.resolve("run.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\"momentum\": \"0.9\",", ""));
        Path later = Runs.completed(temp.resolve("b"), 2, 0.5);
        assertEquals(1, rows(new ResultTable(read(early, later), false)).size());
        file = later.resolve("run.json");
        Files.writeString(
                file, Files.readString(file).replaceFirst("\"momentum\":", "\"magic\": \"1\", \"momentum\":"));
        assertEquals("1", cell(new ResultTable(read(early, later), false), 1, "magic"));
    }

    @Test
    void aLineCutShortIsLeftOut() throws IOException {
        Path run = Runs.epochs(Runs.begun(temp.resolve("a"), 1), 0.1, 0.2);
        Path metrics = run.resolve("metrics.jsonl");
        Files.writeString(metrics, Files.readString(metrics) + "{\"epoch\":3,\"st");
        assertEquals(2, Run.read(run).epochsDone());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"epoch\":2}",
                "{\"epoch\":2,\"step\":\"many\"}",
                "7",
                "",
                "{\"epoch\":2,",
                "null",
                "\0\0",
                "{\"epoch\":1,\"step\":1,\"layer_connections\":[1],\"seconds\":{}}"
            })
    void aDamagedLineIsNamed(String line) throws IOException {
        Path run = Runs.epochs(Runs.begun(temp.resolve("a"), 1), 0.1);
        Path metrics = run.resolve("metrics.jsonl");
        Files.writeString(metrics, Files.readString(metrics) + line + "\n" + Json.compact(Runs.epoch(3, 0.1)) + "\n");
        MalformedDataException fault = assertThrows(MalformedDataException.class, () -> Run.read(run));
        assertTrue(String.valueOf(fault.getMessage()).startsWith(metrics + ":2: "), fault.getMessage());
        assertEquals(1, String.valueOf(fault.getMessage()).lines().count());
    }

    @Test
    void aDirectoryWithoutAManifestIsNoRun() {
        MalformedDataException fault = assertThrows(MalformedDataException.class, () -> Run.read(temp));
        assertEquals(temp + ": is no run: it has no run.json", fault.getMessage());
    }
}
