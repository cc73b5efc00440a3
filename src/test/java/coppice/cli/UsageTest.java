package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import coppice.run.Json;
import coppice.train.Setting;
import coppice.train.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class UsageTest {
    static List<Command> commands() {
        return List.of(
                new TrainCommand(),
                new EvaluateCommand(),
                new PredictCommand(),
                new InspectCommand(),
                new DataCommand(),
                new DevicesCommand(),
                new SelftestCommand());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpListsEveryOption(Command command) {
        Cli help = Cli.run(command.name(), "--help");
        assertEquals(ExitCode.DONE, help.code());
        assertEquals("", help.err());
        assertTrue(help.lines().get(0).startsWith("usage: coppice " + command.name() + " "));
        for (CommandOption option : command.options()) {
            assertTrue(help.out().contains("--" + option.name()), option.name());
        }
        assertTrue(help.out().contains("  coppice " + command.name()), "an example");
        assertTrue(help.lines().stream().allMatch(line -> line.length() <= 110), help.out());
        assertTrue(Cli.run("--help").out().contains(command.name() + " "));
    }

    @Test
    void everySettingIsAnOptionOfTraining() {
        String help = Cli.run("train", "--help").out();
        for (Setting setting : Settings.TABLE) {
            assertTrue(help.contains("--" + setting.name()), setting.name());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "nonsense; nonsense",
                "train --nonsense 1; nonsense",
                "train --epoch 1; epoch",
                "train extra; extra",
                "train --epochs; epochs",
                "train --epochs 0; epochs must be",
                "train --epochs two; two",
                "train --zeta 1.5; zeta must be",
                "train --zeta NaN; zeta must be",
                "train --hidden 10,,3; hidden must be",
                "train --hidden 0; hidden must be",
                "train --activation selu; selu",
                "train --loss hinge; loss must be",
                "train --model tree; model must be",
                "train --epsilon 5 --density 0.1; not both",
                "train --model cnn --hidden 5; give layers or hidden, not both",
                "train --layers relu; layers: word 1 'relu' needs a layer before it",
                "train --model cnn --image 3x32; image must be CHANNELSxHEIGHTxWIDTH, as 3x32x32, but was '3x32'",
                "train --model cnn --image 3x32x32; an image of 3x32x32 has other than the 64 features",
                "train --image 1x8x8; image applies to networks given as layers only",
                "train --density 0; density must be",
                "train --optimizer lion; optimizer must be",
                "train --learning-rate -1; learning-rate must be",
                "train --init he:3; he:3",
                "train --normalize log; log",
                "train --augment zoom:2; has 'zoom:2'",
                "train --augment rotate:ten,flip; in place of 'ten' in 'rotate:ten'",
                "train --lr-schedule linear; linear",
                "train --max-time 5; max-time must be",
                "train --threads -1; threads must be",
                "train --backend tpu; backend must be",
                "train --simd on; simd must be",
                "train --spmm fast --backend cuda; spmm must be exact or cusparse",
                "train --spmm cusparse; --spmm cusparse needs --backend cuda",
                "train --spmm cusparse --backend cpu; --spmm cusparse needs --backend cuda",
                "train --gemm mkl; gemm must be exact or cublas",
                "train --gemm cublas; --gemm cublas needs --backend cuda",
                "train --tf32; tf32 needs --gemm cublas",
                "train --tf32 --spmm cusparse --backend cuda; tf32 needs --gemm cublas",
                "train --tf32=maybe; tf32",
                "selftest --spmm cusparse; needs --backend cuda",
                "train --test-fraction 1; test-fraction must be",
                "train --train-samples 5000; train-samples",
                "train --config missing.properties; missing.properties",
                "train --config .; config: . is a directory, expected a file",
                "evaluate; --from",
                "evaluate --from; from",
                "predict --data digits; --from",
                "predict --from x; --data",
                "predict --from x --data digits --format xml; format must be",
                "inspect; --from",
                "inspect --from x extra; extra",
                "data; list, fetch or describe",
                "data remove; remove",
                "data fetch; fetch",
                "data fetch nonsense; nonsense",
                "data describe; describe",
                "data list extra; list",
                "data describe x.csv --header maybe; header must be",
                "devices extra; extra"
            })
    void aCommandLineThatCannotBeMeantIsOneClearLine(String words, String said, @TempDir Path temp) {
        Cli run = words.startsWith("train")
                ? Cli.run((words + " --out " + temp.resolve("run")).split(" "))
                : Cli.run(words.split(" "));
        assertEquals(ExitCode.USAGE, run.code(), run.err());
        assertEquals("", run.out());
        assertTrue(run.errors().get(0).startsWith("coppice: "), run.err());
        assertTrue(run.errors().get(0).contains(said), run.err());
        assertEquals(
                List.of("coppice COMMAND --help lists what a command takes"),
                run.errors().subList(1, 2));
        assertEquals(2, run.errors().size());
        assertFalse(Files.exists(temp.resolve("run")));
    }

    @Test
    void noCommandShowsTheHelp() {
        Cli run = Cli.run();
        assertEquals(ExitCode.USAGE, run.code());
        assertTrue(run.err().contains("usage: coppice COMMAND"));
        assertEquals(ExitCode.DONE, Cli.run("--version").code());
    }

    @Test
    void cudaIsNotThere(@TempDir Path temp) {
        Map<?, ?> cuda = (Map<?, ?>)
                Objects.requireNonNull(Cli.run("devices", "--json").json().get("cuda"));
        assumeTrue(cuda.get("reason") != null, "there is a GPU here");
        Cli train = Cli.train(temp.resolve("run"), "--backend", "cuda");
        assertEquals(ExitCode.BACKEND_UNAVAILABLE, train.code());
        assertEquals(1, train.errors().size(), train.err());
        assertTrue(train.err().contains("cuda"), train.err());
        Cli.train(temp.resolve("run"));
        assertEquals(
                ExitCode.BACKEND_UNAVAILABLE,
                Cli.run("evaluate", "--from", temp.resolve("run").toString(), "--backend", "cuda")
                        .code());
    }

    @Test
    void devicesTellsWhatThereIs() {
        Cli table = Cli.run("devices");
        assertEquals(ExitCode.DONE, table.code());
        assertTrue(table.out().contains("cpu") && table.out().contains("cuda"), table.out());
        Map<?, ?> json = Cli.run("devices", "--json").json();
        Map<?, ?> cpu = (Map<?, ?>) Objects.requireNonNull(json.get("cpu"));
        assertEquals(true, cpu.get("available"));
        assertEquals(Runtime.getRuntime().availableProcessors(), cpu.get("cores"));
        Map<?, ?> cuda = (Map<?, ?>) Objects.requireNonNull(json.get("cuda"));
        assertEquals(cuda.get("available"), cuda.get("reason") == null);
    }

    @Test
    void dataListsAndDescribes(@TempDir Path temp) throws IOException {
        Cli list = Cli.run("data", "list", "--data-dir", temp.toString());
        assertEquals(ExitCode.DONE, list.code(), list.err());
        assertTrue(list.out().contains("fashion-mnist"), list.out());
        List<?> all = Json.parse(
                Cli.run("data", "list", "--json", "--data-dir", temp.toString()).lastLine(), List.class);
        assertEquals(list.lines().size() - 1, all.size());
        assertEquals("embedded", ((Map<?, ?>) all.get(0)).get("here"));
        assertEquals("no", ((Map<?, ?>) all.get(1)).get("here"));

        Path table = Files.writeString(temp.resolve("t.csv"), "kind,x,y\na,1,2\nb,3,\na,5,6\n");
        Map<?, ?> json = Cli.run("data", "describe", table.toString(), "--label", "kind", "--json")
                .json();
        assertEquals(
                "[rows, features, classes, label_counts, imbalance, min, max, missing, sparse, format, sha256]",
                json.keySet().toString());
        assertEquals(3, json.get("rows"));
        assertEquals(2, json.get("features"));
        assertEquals(List.of("a", "b"), json.get("classes"));
        assertEquals(Map.of("a", 2, "b", 1), json.get("label_counts"));
        assertEquals(2.0, json.get("imbalance"));
        assertEquals(1.0, json.get("min"));
        assertEquals(6.0, json.get("max"));
        assertEquals(1, json.get("missing"));
        assertEquals(false, json.get("sparse"));
        assertEquals("csv", json.get("format"));
        assertTrue(String.valueOf(json.get("sha256")).matches("[0-9a-f]{64}"));
        assertEquals(
                1797, Cli.run("data", "describe", "digits", "--json").json().get("rows"));
        Cli text = Cli.run("data", "describe", table.toString(), "--label", "kind");
        assertTrue(text.out().contains("label_counts"), text.err());
        Cli missing = Cli.run("data", "describe", "mnist", "--data-dir", temp.toString());
        assertEquals(ExitCode.BAD_DATA, missing.code());
        assertTrue(missing.err().contains("coppice data fetch mnist"), missing.err());
    }

    @Test
    void nothingIsToBeFetchedForTheEmbeddedDigits(@TempDir Path temp) {
        Cli run = Cli.run("data", "fetch", "digits", "--data-dir", temp.toString());
        assertEquals(ExitCode.DONE, run.code());
        assertEquals("", run.out());
    }
}
