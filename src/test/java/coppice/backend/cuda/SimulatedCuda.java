package coppice.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import jcuda.driver.CUdevice;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A CUDA driver that runs the kernels of {@code kernels/*.cu} on the CPU, and the means to watch it and let it fail.
 *
 * <p>{@code src/test/native/build.sh} builds it as {@code libcuda.so.1}. Loaded before JCuda's driver class, it takes
 * the real driver's place. JCuda has no functions of the simulator's own, so control is a line of text given to
 * {@code cuProfilerInitialize}, whose answer {@code cuGetErrorString} gives for {@link #CONTROL_ANSWER};
 * {@code control.cpp} has the other end.
 */
public final class SimulatedCuda {
    /**
     * Calls that are counted and can be made to fail; copies include fills, launches include those of graphs, and
     * library means cuSPARSE and cuBLAS.
     */
    public enum Calls {
        ALLOC,
        COPY,
        LAUNCH,
        OTHER,
        LIBRARY,
        ANY;

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int CONTROL_ANSWER = 0x51a0;
    private static final int NO_COMPILER = 3; // status of build.sh
    private static boolean loaded;
    private static @Nullable String missing;

    private SimulatedCuda() {}

    /**
     * Builds and loads the driver, once a JVM, and resets it.
     *
     * <p>Without a compiler the test is skipped, or fails where the environment has {@code CI} or {@code COPPICE_CI}.
     */
    public static synchronized void load() {
        if (!loaded && missing == null) {
            missing = build();
            if (missing == null) {
                System.load(library().toString());
                loaded = true;
                requireSimulated();
            } else {
                System.err.println("Tests of the CUDA backend are skipped: " + missing);
            }
        }
        if (missing != null && onContinuousIntegration()) {
            throw new IllegalStateException(missing);
        }
        Assumptions.assumeTrue(loaded, missing);
        reset();
        command("quiet 1");
    }

    /** Returns whether the driver is built with the address sanitizer, as {@code CUDASIM_SANITIZE=1} asks for. */
    public static boolean sanitized() {
        return "1".equals(System.getenv("CUDASIM_SANITIZE"));
    }

    private static boolean onContinuousIntegration() {
        return "true".equals(System.getenv("CI")) || System.getenv("COPPICE_CI") != null;
    }

    private static Path library() {
        Path directory = Path.of("target", "native").toAbsolutePath();
        return (sanitized() ? directory.resolve("sanitized") : directory).resolve("libcuda.so.1");
    }

    /** Returns why there can be no driver here, or null. */
    private static @Nullable String build() {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        if (!system.equals("Linux amd64")) {
            return "the simulated CUDA driver is for Linux on x86-64, not " + system;
        }
        try {
            Files.createDirectories(Path.of("target"));
            File log = File.createTempFile("native-build", ".log", new File("target"));
            Process process = new ProcessBuilder("bash", "src/test/native/build.sh", "target/native")
                    .redirectErrorStream(true)
                    .redirectOutput(log)
                    .start();
            if (!process.waitFor(5, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException("building the simulated CUDA driver took over 5 minutes");
            }
            String output =
                    Files.readString(log.toPath(), StandardCharsets.UTF_8).strip();
            Files.delete(log.toPath());
            int status = process.exitValue();
            if (status == NO_COMPILER) {
                return output;
            }
            if (status != 0) {
                throw new IllegalStateException("the simulated CUDA driver does not compile:\n" + output);
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Another libcuda.so.1 may have been loaded before this one. */
    private static void requireSimulated() {
        byte[] name = new byte[64];
        CUdevice device = new CUdevice();
        JCudaDriver.cuInit(0);
        JCudaDriver.cuDeviceGet(device, 0);
        JCudaDriver.cuDeviceGetName(name, name.length, device);
        if (!new String(name, StandardCharsets.US_ASCII).startsWith("Simulated")) {
            throw new IllegalStateException("a real CUDA driver was loaded before the simulated one");
        }
    }

    @SuppressWarnings("deprecation") // nothing else uses this function, which is why it can carry commands
    private static void command(String line) {
        int result = JCudaDriver.cuProfilerInitialize(line, "", 0);
        if (result != CUresult.CUDA_SUCCESS) {
            throw new IllegalArgumentException("the simulated CUDA driver does not understand '" + line + "'");
        }
    }

    private static synchronized String ask(String line) {
        command(line);
        String[] answer = new String[1];
        JCudaDriver.cuGetErrorString(CONTROL_ANSWER, answer);
        return answer[0];
    }

    /** Forgets counts, misuse, failures and living allocations; sets order, memory and the rest to their defaults. */
    public static void reset() {
        command("reset");
    }

    /** Sets the order of blocks and of threads in a block: 0 forward, 1 reverse, 2 permuted. */
    public static void setOrder(int order) {
        command("order " + order);
    }

    /** Sets how much memory the device has; what is alive counts. */
    public static void setMemory(long bytes) {
        command("memory " + bytes);
    }

    /** Sets whether work waits in its stream until something waits for it, which is the default. */
    public static void setDeferred(boolean deferred) {
        command("defer " + (deferred ? 1 : 0));
    }

    /** Sets whether memory taken from now on is followed by a page that no one may access, which is the default. */
    public static void setGuard(boolean guard) {
        command("guard " + (guard ? 1 : 0));
    }

    /** Lets the n-th call from now fail with a code of {@link CUresult}; it does nothing else. 0 takes it back. */
    public static void failNth(Calls kind, long n, int code) {
        command("fail " + kind.word() + " " + n + " " + code);
    }

    /** Returns how many calls of a kind there were since the reset. Freeing and destroying are not counted. */
    public static long calls(Calls kind) {
        return Long.parseLong(ask("calls " + kind.word()));
    }

    /** Returns the number of allocations, device and page-locked, that were made since the reset and not freed. */
    public static long liveAllocations() {
        return Long.parseLong(ask("live-allocations"));
    }

    /** Returns the bytes of device memory that were taken since the reset and not freed. */
    public static long liveBytes() {
        return Long.parseLong(ask("live-bytes"));
    }

    /** Returns the number of streams, events, graphs, and handles and descriptors of libraries not destroyed. */
    public static long liveHandles() {
        return Long.parseLong(ask("live-handles"));
    }

    /** Returns how often the driver was misused since the reset, by the program or by a kernel. */
    public static long violations() {
        return Long.parseLong(ask("violations"));
    }

    /** Returns what was wrong the last time, or an empty text. */
    public static String lastViolation() {
        return ask("last-violation");
    }

    /** Returns the names of the kernels that ran since the reset. */
    public static Set<String> launchedKernels() {
        Set<String> names = new TreeSet<>(List.of(ask("launched").split(" ")));
        names.remove("");
        return names;
    }
}
