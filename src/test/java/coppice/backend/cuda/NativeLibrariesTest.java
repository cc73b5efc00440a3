package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loads stand-ins, each time in a process of its own: what is loaded stays. */
class NativeLibrariesTest {
    @TempDir
    Path temp = Path.of("");

    private final List<String> options = new ArrayList<>();

    @BeforeEach
    void compiler() {
        StandInLibrary.requireCompiler();
    }

    /** Runs {@link NativeLibrariesProgram} with temporary files, cache and home of its own; gives its lines. */
    private List<String> load(String what, Path libraries, Map<String, String> environment) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m"));
        command.addAll(options);
        command.addAll(List.of("-Djava.io.tmpdir=" + Files.createDirectories(temp.resolve("tmp")), "-cp"));
        command.addAll(List.of(System.getProperty("java.class.path"), "-Duser.home=" + temp.resolve("user")));
        command.add("-D" + LibrarySearch.PROPERTY + "=" + libraries);
        command.addAll(List.of(NativeLibrariesProgram.class.getName(), what));
        ProcessBuilder builder = new ProcessBuilder(command);
        Stream.of("LD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME")
                .forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.onExit().join().exitValue(), output);
        try (Stream<Path> left = Files.list(temp.resolve("tmp"))) {
            assertEquals(
                    List.of(),
                    left.filter(path -> !path.getFileName().toString().startsWith("hsperf"))
                            .toList());
        }
        return output.lines().toList();
    }

    private List<String> load(String what, Path libraries) throws IOException {
        return load(what, libraries, Map.of());
    }

    @Test
    void cublas12And13() throws IOException {
        for (String major : List.of("12", "13")) {
            Path folder = temp.resolve(major);
            Path light = StandInLibrary.compile("empty.c", folder, "libcublasLt.so." + major);
            Path library = StandInLibrary.compile("cublas.c", folder, "libcublas.so." + major, light);
            assertEquals(List.of("cuBLAS " + major + ".0.1 " + library, "sgemm 0"), load("cublas", folder));
        }
    }

    @Test
    void cusparseWithItsCompanionFromAnotherFolder() throws IOException {
        Path linker = StandInLibrary.compile("empty.c", temp.resolve("linker"), "libnvJitLink.so.13");
        Path library = StandInLibrary.compile("cusparse.c", temp.resolve("sparse"), "libcusparse.so.12", linker);
        Path both = Path.of(library.getParent() + ":" + linker.getParent());
        assertEquals(List.of("cuSPARSE 12.6.2 " + library), load("cusparse", both));
        String alone =
                load("cusparse", Objects.requireNonNull(library.getParent())).get(0);
        assertTrue(alone.startsWith("off: the cuSPARSE cannot be loaded"), alone);
        assertTrue(alone.contains("libnvJitLink.so.13"), alone);
    }

    @Test
    void eachIsOffByItself() throws IOException {
        Path library = StandInLibrary.compile("cusparse.c", temp.resolve("sparse"), "libcusparse.so.12");
        List<String> lines = load("cusparse,cublas", Objects.requireNonNull(library.getParent()));
        assertEquals("cuSPARSE 12.6.2 " + library, lines.get(0));
        assertTrue(lines.get(1).startsWith("off: no cuBLAS: the system's loader does not know "), lines.get(1));
        assertTrue(lines.get(1).contains(String.valueOf(library.getParent())), "where it was sought");
        assertTrue(lines.get(1).contains("--cuda-lib"), "how to get it");
    }

    @Test
    void aLibraryThatIsNoneIsOneLine() throws IOException {
        Path folder = Files.createDirectories(temp.resolve("bad"));
        Files.writeString(folder.resolve("libcublas.so.12"), "not a library");
        Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
        List<String> lines = load("cublas,devices", folder);
        assertTrue(lines.get(0).startsWith("off: the cuBLAS cannot be loaded"), lines.get(0));
        assertTrue(lines.get(0).endsWith("libcublas.so.12: not an ELF file"), lines.get(0));
        assertEquals(2, lines.size());
    }

    @Test
    void aDriverThatIsLoadedAlreadyIsTheDriver() throws IOException {
        Path library = StandInLibrary.compile("cuda.c", temp.resolve("simulated"), "libcuda.so.1");
        options.add("-Dtest.loaded=" + library);
        assertEquals(
                List.of("GPU 0 Stand-in 9.0 8589934592 6442450944"),
                load("devices", Files.createDirectories(temp.resolve("none"))));
    }

    @Test
    void devices() throws IOException {
        Path folder = temp.resolve("driver");
        StandInLibrary.compile("cuda.c", folder, "libcuda.so.1");
        assertEquals(
                List.of("GPU 0 Stand-in 9.0 8589934592 6442450944", "GPU 1 Second stand-in 6.0 8589934592 unknown"),
                load("devices", folder, Map.of("STANDIN_GPUS", "2")));
        Map<Map<String, String>, String> reasons = Map.of(
                Map.of("STANDIN_CUDA", "11080"), "for CUDA 11.8 is too old: 525 or newer is needed",
                Map.of("STANDIN_INIT", "100"), "no NVIDIA GPU: the driver shows none (cuInit: CUDA_ERROR_NO_DEVICE)",
                Map.of("STANDIN_INIT", "34"), "a toolkit's stub",
                Map.of("STANDIN_INIT", "7"), "the NVIDIA driver failed (cuInit: error 7)",
                Map.of("STANDIN_GPUS", "0"), "no NVIDIA GPU: the driver shows none",
                Map.of("STANDIN_MAJOR", "6"), "compute capability 6.0, and 7.5 is needed");
        for (Map.Entry<Map<String, String>, String> each : reasons.entrySet()) {
            String line = load("devices", folder, each.getKey()).get(0);
            assertTrue(line.startsWith("off: ") && line.contains(each.getValue()), line);
        }
    }

    @Test
    void theCacheServesWhereTemporaryFilesCannotBeWritten() throws IOException {
        Path folder = temp.resolve("driver");
        StandInLibrary.compile("cuda.c", folder, "libcuda.so.1");
        // The last of two is the one that counts.
        Path file = Files.createFile(temp.resolve("no-folder"));
        assertEquals(1, load("devices;" + file, folder).size());
        assertTrue(load("devices;" + file, folder).get(0).startsWith("GPU 0"));
        String neither = load("devices;" + file, folder, Map.of("XDG_CACHE_HOME", file.toString()))
                .get(0);
        assertTrue(neither.contains("there is no folder for JCuda's libraries; cannot write there: " + file), neither);
        assertTrue(neither.contains("java.io.tmpdir=FOLDER"), neither);
    }
}
