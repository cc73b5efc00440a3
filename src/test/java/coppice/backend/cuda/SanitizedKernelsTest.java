package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * All kernels under the address sanitizer, bit for bit against plain Java.
 *
 * <p>The sanitizer must be loaded before all else, so a Java process of its own runs on a simulated driver that is
 * built with it.
 */
@Timeout(300)
class SanitizedKernelsTest {
    private static final Path SANITIZED = Path.of("target", "native", "sanitized");

    @TempDir
    Path temp = Path.of("");

    private String sanitizer = "";

    @BeforeEach
    void build() throws IOException {
        sanitizer = find();
        if (!sanitizer.startsWith("/")) {
            String reason = "the kernels are not run under the address sanitizer: " + sanitizer;
            System.err.println(reason);
            assertTrue(!"true".equals(System.getenv("CI")), reason);
            assumeTrue(false, reason);
        }
        ProcessBuilder builder = new ProcessBuilder("bash", "src/test/native/build.sh", "target/native");
        builder.environment().put("CUDASIM_SANITIZE", "1");
        Ended built = run(builder);
        assertEquals(0, built.status, built.text);
    }

    /** The library that comes with g++, or why there is none. */
    private String find() throws IOException {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!system.equals("Linux amd64")) {
            return "the simulated CUDA driver is for Linux on x86-64, not " + system;
        }
        try {
            String answer = run(new ProcessBuilder("g++", "-print-file-name=libasan.so"))
                    .text
                    .strip();
            return answer.startsWith("/") ? answer : "this g++ has no libasan.so";
        } catch (IOException e) {
            return "there is no g++: " + e.getMessage();
        }
    }

    /** How a process ended and what it wrote. */
    private record Ended(int status, String text) {}

    private Ended run(ProcessBuilder builder) throws IOException {
        Path output = Files.createTempFile(temp, "output", ".txt");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertTrue(process.waitFor(4, TimeUnit.MINUTES), builder.command() + " does not end");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
        }
        return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    }

    private Ended java(Class<?> program, String... words) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(program.getName());
        command.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LD_PRELOAD", sanitizer);
        builder.environment().put("CUDASIM_SANITIZE", "1");
        // Java handles its own faults and has its own idea of leaks; fibers change stacks.
        builder.environment()
                .put("ASAN_OPTIONS", "handle_segv=0:detect_leaks=0:detect_stack_use_after_return=0:exitcode=99");
        return run(builder);
    }

    private void selftest(String... more) throws IOException {
        List<String> words = new ArrayList<>(List.of("selftest", "--backend", "cuda", "--simd", "off", "--quick"));
        words.addAll(List.of(more));
        Ended ended = java(coppice.cli.Main.class, words.toArray(String[]::new));
        assertEquals(0, ended.status, ended.text);
        assertTrue(ended.text.contains("Simulated CUDA device"), ended.text);
        assertTrue(ended.text.contains("no difference"), ended.text);
        assertEquals(-1, ended.text.indexOf("cudasim:"), ended.text);
    }

    @Test
    void noKernelLeavesItsMemory() throws IOException {
        selftest("--cuda-lib", SANITIZED.toString());
    }

    @Test
    void norWithStreamedSamples() throws IOException {
        selftest("--data-memory", "0", "--cuda-lib", SANITIZED.toString());
    }

    @Test
    void norBesideLibraries() throws IOException {
        String folders = SANITIZED + ":" + SANITIZED.resolve("cuda12");
        selftest("--spmm", "cusparse", "--gemm", "cublas", "--cuda-lib", folders);
    }

    @Test
    void aWritePastTheEndIsCaught() throws IOException {
        Ended ended = java(WritePastTheEnd.class);
        assertNotEquals(0, ended.status, ended.text);
        assertTrue(ended.text.contains("ERROR: AddressSanitizer"), ended.text);
        assertTrue(ended.text.contains("test_kernels.cu"), ended.text);
    }
}
