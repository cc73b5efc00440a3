package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import coppice.backend.cuda.SimulatedCuda;
import coppice.backend.cuda.SimulatedLibraries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands whose products are left to cuSPARSE and cuBLAS, on stand-ins. */
@Tag("cuda")
class CudaLibrariesTest {
    private static final String[] LIBRARIES = {"--backend", "cuda", "--spmm", "cusparse", "--gemm", "cublas"};

    @BeforeEach
    void load() {
        SimulatedLibraries.load();
    }

    private static String[] words(String[] some, String... more) {
        String[] all = Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }

    private static double number(Cli run, String key) {
        assertEquals(ExitCode.DONE, run.code(), run.err());
        return ((Number) Objects.requireNonNull(run.json().get(key), key)).doubleValue();
    }

    @Test
    void aRunWithEvolutionsEndsAsTheExactOneDoes(@TempDir Path temp) throws IOException {
        String[] setting = {
            "--epochs", "6", "--evolve-every", "2", "--activation", "allrelu:0.6", "--train-samples", "330", "--quiet"
        };
        Cli exact = Cli.train(temp.resolve("exact"), words(setting, "--backend", "cpu"));
        Cli close = Cli.train(temp.resolve("close"), words(setting, LIBRARIES));
        double loss = number(exact, "test_loss");
        assertEquals(loss, number(close, "test_loss"), 1e-3 * loss);
        assertEquals(number(exact, "train_loss"), number(close, "train_loss"), 1e-3 * loss);
        assertNotEquals(exact.sha256(), close.sha256(), "the libraries were not called");
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
        assertEquals(0, SimulatedCuda.liveAllocations());
        assertEquals(0, SimulatedCuda.liveHandles());

        Map<?, ?> manifest = Cli.json(temp.resolve("close/run.json"));
        Map<?, ?> configuration = (Map<?, ?>) Objects.requireNonNull(manifest.get("configuration"));
        assertEquals("cusparse", configuration.get("spmm"));
        assertEquals("cublas", configuration.get("gemm"));
        assertEquals("false", configuration.get("tf32"));
        assertTrue(String.valueOf(manifest.get("backend")).contains("cuSPARSE 12.0.1, cuBLAS 12.0.1"));
        String checkpoint = Files.readString(temp.resolve("close/last.safetensors"), StandardCharsets.ISO_8859_1);
        assertFalse(checkpoint.contains("cusparse") || checkpoint.contains("cublas") || checkpoint.contains("tf32"));

        String run = temp.resolve("exact").toString();
        Cli evaluated = Cli.run(words(new String[] {"evaluate", "--from", run, "--json"}, LIBRARIES));
        Cli onCpu = Cli.run("evaluate", "--from", run, "--json");
        assertEquals(number(onCpu, "loss"), number(evaluated, "loss"), 1e-5 * loss);
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Test
    void selftestAllowsForTheLibrariesOrder() {
        Cli close = Cli.run(words(new String[] {"selftest", "--quick"}, LIBRARIES));
        assertEquals(ExitCode.DONE, close.code(), close.err() + close.out());
        assertTrue(close.lines().stream().anyMatch(line -> line.matches("sparse backward +[0-9]+  within 1.0E-4")));
        Cli tf32 = Cli.run(words(new String[] {"selftest", "--tf32"}, LIBRARIES));
        assertEquals(ExitCode.USAGE, tf32.code());
    }

    /** A JVM that has loaded cuBLAS 12 cannot load 13, nor lack it. */
    private static Cli elsewhere(Path libraries, String... words) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "coppice.cli.Main"));
        command.addAll(List.of(words));
        command.addAll(List.of("--cuda-lib", libraries.toString()));
        Path err = Files.createTempFile("coppice-test", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
            Path driver = Objects.requireNonNull(SimulatedLibraries.folder(12).getParent());
            builder.environment().put("LD_LIBRARY_PATH", driver.toString());
            Process process = builder.start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Cli(process.onExit().join().exitValue(), out, Files.readString(err));
        } finally {
            Files.delete(err);
        }
    }

    @Test
    void cublasMayBe13() throws IOException {
        Cli run = elsewhere(SimulatedLibraries.folder(13), words(new String[] {"selftest", "--quick"}, LIBRARIES));
        assertEquals(ExitCode.DONE, run.code(), run.err() + run.out());
        assertEquals(
                "cuda: Simulated CUDA device, cuSPARSE 12.0.1, cuBLAS 13.0.1",
                run.lines().get(0));
    }

    @Test
    void aLibraryThatIsMissingStopsOnlyRunsThatAskForIt(@TempDir Path empty) throws IOException {
        Cli devices = elsewhere(empty, "devices", "--json");
        boolean found = devices.out().contains("\"cusparse\":{\"available\":true");
        assumeFalse(found, "there is a cuSPARSE on this machine");
        Cli missing = elsewhere(empty, words(new String[] {"train", "--out", empty + "/run"}, LIBRARIES));
        assertEquals(ExitCode.BACKEND_UNAVAILABLE, missing.code(), missing.err());
        assertEquals(1, missing.errors().size(), missing.err());
        assertTrue(
                missing.err().startsWith("coppice: backend cuda is not available: no cuSPARSE: the system's loader"),
                missing.err());
        assertFalse(Files.exists(empty.resolve("run")), "a run directory was made");
        Cli exact = elsewhere(
                empty,
                "train",
                "--out",
                empty + "/run",
                "--backend",
                "cuda",
                "--epochs",
                "1",
                "--hidden",
                "16",
                "--train-samples",
                "100",
                "--quiet");
        assertEquals(ExitCode.DONE, exact.code(), exact.err());
    }
}
