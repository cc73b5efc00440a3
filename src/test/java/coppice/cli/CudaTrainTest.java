package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.cuda.SimulatedCuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on the simulated GPU end with the bytes of the CPU's. */
@Tag("cuda")
class CudaTrainTest {
    @BeforeEach
    void load() {
        SimulatedCuda.load();
    }

    private static Cli train(Path directory, String backend, String... words) {
        String[] all = new String[words.length + 4];
        all[0] = "--backend";
        all[1] = backend;
        all[2] = "--train-samples";
        all[3] = "330";
        System.arraycopy(words, 0, all, 4, words.length);
        Cli run = Cli.train(directory, all);
        assertEquals(ExitCode.DONE, run.code(), run.err());
        return run;
    }

    private static void same(Path temp, String... words) {
        Cli cpu = train(temp.resolve("cpu"), "cpu", words);
        Cli cuda = train(temp.resolve("cuda"), "cuda", words);
        assertEquals("cuda", cuda.json().get("backend"));
        assertEquals(cpu.json().get("test_loss"), cuda.json().get("test_loss"));
        assertEquals(cpu.sha256(), cuda.sha256());
        assertEquals(0, SimulatedCuda.liveAllocations(), "device memory that was not given back");
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Test
    void allReluWithDropoutAndEvolution(@TempDir Path temp) {
        same(temp, "--epochs", "5", "--evolve-every", "2", "--activation", "allrelu:0.6", "--dropout", "0.3");
    }

    @Test
    void sreluAndAdam(@TempDir Path temp) {
        same(temp, "--activation", "srelu", "--optimizer", "adam", "--learning-rate", "0.002", "--batch-size", "50");
    }

    @Test
    void aSparseOutputAndMeanSquaredError(@TempDir Path temp) {
        same(temp, "--activation", "tanh", "--loss", "mse", "--sparse-output", "--optimizer", "nesterov");
    }

    @Test
    void balancedClasses(@TempDir Path temp) {
        same(temp, "--class-weights", "balanced", "--batch-size", "50");
    }

    @Test
    void numbersToPredict(@TempDir Path temp) throws IOException {
        StringBuilder table = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            table.append(i % 17)
                    .append(',')
                    .append(i % 23 - 9)
                    .append(',')
                    .append((i % 17) * 2.5 - i % 23)
                    .append('\n');
        }
        Path file = Files.writeString(temp.resolve("numbers.csv"), table);
        same(temp, "--task", "regression", "--data", file.toString(), "--batch-size", "33");
        String[] predictions = new String[2];
        for (int i = 0; i < 2; i++) {
            String backend = i == 0 ? "cpu" : "cuda";
            String from = temp.resolve("cuda").toString();
            Cli run = Cli.run("predict", "--from", from, "--data", file.toString(), "--backend", backend);
            assertEquals(501, run.lines().size(), run.err());
            predictions[i] = run.out();
        }
        assertEquals(predictions[0], predictions[1]);
    }

    @Test
    void aDenseNetworkOfSmallBatches(@TempDir Path temp) {
        same(temp, "--dense", "--activation", "sigmoid", "--batch-size", "7", "--epochs", "1");
    }

    @Test
    void imagesThatAreChanged(@TempDir Path temp) throws IOException {
        String[] words = {"--normalize", "range", "--epochs", "3", "--augment", "rotate:20,shift:0.1,flip"};
        same(temp.resolve("resident"), words);
        String[] limited = Stream.of(words, new String[] {"--data-memory", "9K"})
                .flatMap(Stream::of)
                .toArray(String[]::new);
        same(temp.resolve("streamed"), limited);
        assertEquals(
                Cli.json(temp.resolve("resident").resolve("cpu").resolve("result.json"))
                        .get("checkpoint_sha256"),
                Cli.json(temp.resolve("streamed").resolve("cuda").resolve("result.json"))
                        .get("checkpoint_sha256"));
        same(temp.resolve("crop"), "--normalize", "range", "--augment", "crop:2,fill:zero", "--batch-size", "7");
    }

    /** Whatever the memory, samples that do not fit are sent batch by batch, and the run says so. */
    @Test
    void samplesThatStayInHostMemory(@TempDir Path temp) {
        String[] words = {"--batch-size", "50", "--epochs", "4", "--validation", "0.1"};
        String expected = train(temp.resolve("cpu"), "cpu", words).sha256();
        Cli resident = train(temp.resolve("resident"), "cuda", words);
        assertEquals(expected, resident.sha256());
        assertTrue(resident.err().contains("training samples are on the GPU (1 MiB)"), resident.err());
        String[] limited = Stream.of(words, new String[] {"--data-memory", "9K"})
                .flatMap(Stream::of)
                .toArray(String[]::new);
        Cli streamed = train(temp.resolve("streamed"), "cuda", limited);
        assertEquals(expected, streamed.sha256());
        String place =
                " samples are in host memory, sent batch by batch: they take 1 MiB and the GPU has 0 MiB for data";
        assertTrue(streamed.err().contains("training" + place), streamed.err());
        assertTrue(streamed.err().contains("test" + place), streamed.err());
        Cli evaluated = Cli.run(
                "evaluate", "--from", temp.resolve("streamed").toString(), "--backend", "cuda", "--data-memory", "0");
        assertEquals(ExitCode.DONE, evaluated.code(), evaluated.err());
        assertEquals(0, SimulatedCuda.liveAllocations(), "device memory that was not given back");
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Test
    void aSizeThatIsNoneIsSaid(@TempDir Path temp) {
        Cli run = Cli.train(temp.resolve("run"), "--backend", "cuda", "--data-memory", "2GB");
        assertEquals(ExitCode.USAGE, run.code(), run.err());
        assertTrue(run.err().contains("data-memory must be auto, or a number of bytes"), run.err());
    }

    @Test
    void aConvolutionalNetworkWithSparseFilters(@TempDir Path temp) {
        same(
                temp,
                "--layers",
                "conv:6x3 relu dropout:0.1 pool:2 sparse-conv:9x3,stride=2,density=0.4 srelu avgpool:2 dropout:0.1"
                        + " sparse:20,density=0.3 relu dense:classes",
                "--epochs",
                "3",
                "--batch-size",
                "50");
    }

    @Test
    void aConvolutionalNetworkThatGoesOnOnTheOtherBackend(@TempDir Path temp) {
        String[] words = {
            "--layers",
            "sparse-conv:5x3,density=0.5,valid allrelu conv:4x2 tanh pool:3,stride=1 sparse:classes",
            "--optimizer",
            "adam",
            "--batch-size",
            "33"
        };
        String whole = train(temp.resolve("whole"), "cpu", words).sha256();
        Path directory = temp.resolve("parts");
        String[] stopping = Stream.of(words, new String[] {"--max-time", "0s", "--train-samples", "330"})
                .flatMap(Stream::of)
                .toArray(String[]::new);
        assertEquals(ExitCode.STOPPED, Cli.train(directory, stopping).code());
        String[] resuming =
                Stream.of(words, new String[] {"--resume"}).flatMap(Stream::of).toArray(String[]::new);
        assertEquals(whole, train(directory, "cuda", resuming).sha256());
    }

    @Test
    void aRestrictedBoltzmannMachine(@TempDir Path temp) {
        same(
                temp,
                "--model",
                "rbm",
                "--hidden",
                "40",
                "--binarize",
                "resample",
                "--epochs",
                "5",
                "--evolve-every",
                "2");
    }

    @Test
    void aMachineWithPersistentChains(@TempDir Path temp) {
        same(temp, "--model", "rbm", "--hidden", "33", "--persistent", "--cd-steps", "3", "--batch-size", "50");
    }

    @Test
    void annealingGivesTheSameLikelihood(@TempDir Path temp) {
        Path run = temp.resolve("run");
        train(run, "cpu", "--model", "rbm", "--hidden", "20", "--binarize", "threshold", "--epochs", "3");
        String file = run.resolve("last.safetensors").toString();
        Cli cpu = Cli.run("evaluate", "--from", file, "--ais", "short", "--json", "--backend", "cpu");
        Cli cuda = Cli.run("evaluate", "--from", file, "--ais", "short", "--json", "--backend", "cuda");
        assertEquals(ExitCode.DONE, cuda.code(), cuda.err());
        assertEquals(cpu.out(), cuda.out());
    }

    @Test
    void aRunGoesOnOnTheOtherBackend(@TempDir Path temp) {
        String whole = train(temp.resolve("whole"), "cpu", "--epochs", "4").sha256();
        Path directory = temp.resolve("parts");
        Cli stopped = Cli.train(
                directory, "--backend", "cuda", "--train-samples", "330", "--epochs", "4", "--max-time", "0s");
        assertEquals(ExitCode.STOPPED, stopped.code(), stopped.err());
        assertEquals(whole, train(directory, "cpu", "--epochs", "4", "--resume").sha256());
    }
}
