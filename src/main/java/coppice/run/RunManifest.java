package coppice.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run was and where it ran: the content of {@code run.json}.
 *
 * <p>Whatever depends on the machine or the time is kept here and out of checkpoints, so that equal runs write equal
 * checkpoints anywhere.
 *
 * @param coppiceVersion version of Coppice
 * @param started when the run started, ISO-8601
 * @param arguments the command line as given
 * @param configuration every setting after defaults, file and options, by option name
 * @param seed the key of all random numbers
 * @param backend what computes
 * @param threads CPU threads in use, at least 1
 * @param data the data sets read
 * @param java the Java runtime
 * @param machine the computer
 * @param start the saved network that the run started from; null where it drew its own
 */
public record RunManifest(
        String coppiceVersion,
        String started,
        List<String> arguments,
        Map<String, String> configuration,
        long seed,
        BackendChoice backend,
        int threads,
        List<DataSource> data,
        JavaRuntime java,
        Machine machine,
        @Nullable Start start) {

    /** Copies the collections, keeping their order, and requires every part. */
    public RunManifest {
        required(coppiceVersion, "coppice_version");
        Instant.parse(required(started, "started"));
        arguments = List.copyOf(required(arguments, "arguments"));
        configuration = ordered(required(configuration, "configuration"));
        required(backend, "backend");
        atLeast(1, threads, "threads");
        data = List.copyOf(required(data, "data"));
        required(java, "java");
        required(machine, "machine");
    }

    /**
     * The backend that was chosen.
     *
     * @param name {@code cpu} or {@code cuda}
     * @param description device and libraries in one line
     */
    public record BackendChoice(String name, String description) {
        /** Requires both. */
        public BackendChoice {
            required(name, "backend.name");
            required(description, "backend.description");
        }
    }

    /**
     * One data set.
     *
     * @param role what it was read for: {@code train} or {@code test}
     * @param paths the files, or the name of an embedded data set
     * @param fingerprint a checksum over the content
     * @param rows number of examples
     * @param features number of inputs of an example
     * @param classes number of classes
     */
    public record DataSource(
            String role, List<String> paths, String fingerprint, long rows, long features, long classes) {
        /** Copies the list and requires every part. */
        public DataSource {
            required(role, "data.role");
            paths = List.copyOf(required(paths, "data.paths"));
            required(fingerprint, "data.fingerprint");
            atLeast(0, rows, "data.rows");
            atLeast(0, features, "data.features");
            atLeast(0, classes, "data.classes");
        }
    }

    /**
     * A saved network.
     *
     * @param path its file
     * @param sha256 of the file, in hex
     */
    public record Start(String path, String sha256) {
        /** Requires both. */
        public Start {
            required(path, "start.path");
            required(sha256, "start.sha256");
        }
    }

    /**
     * The Java runtime.
     *
     * @param version as in {@code java.version}
     * @param vendor as in {@code java.vendor}
     */
    public record JavaRuntime(String version, String vendor) {
        /** Requires both. */
        public JavaRuntime {
            required(version, "java.version");
            required(vendor, "java.vendor");
        }

        /** The runtime that executes this. */
        public static JavaRuntime current() {
            return new JavaRuntime(property("java.version"), property("java.vendor"));
        }
    }

    /**
     * The computer, without its name.
     *
     * @param os operating system and version
     * @param architecture instruction set, as in {@code os.arch}
     * @param cpu model name where the system tells it, else the architecture
     * @param cores processors available to the run, at least 1
     */
    public record Machine(String os, String architecture, String cpu, int cores) {
        private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

        /** Requires every part. */
        public Machine {
            required(os, "machine.os");
            required(architecture, "machine.architecture");
            required(cpu, "machine.cpu");
            atLeast(1, cores, "machine.cores");
        }

        /** The computer that executes this. */
        public static Machine current() {
            String architecture = property("os.arch");
            return new Machine(
                    property("os.name") + " " + property("os.version"),
                    architecture,
                    cpuModel(architecture),
                    Runtime.getRuntime().availableProcessors());
        }

        private static String cpuModel(String otherwise) {
            // Latin-1 accepts any byte: a firmware string that is not UTF-8 must not stop a run.
            try (Stream<String> lines = Files.lines(CPU_INFO, StandardCharsets.ISO_8859_1)) {
                return lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.substring(line.indexOf(':') + 1).strip())
                        .findFirst()
                        .orElse(otherwise);
            } catch (IOException notLinux) {
                return otherwise;
            }
        }
    }

    /** Replaces {@code file} atomically by this manifest. */
    public void write(Path file) throws IOException {
        Json.write(file, this);
    }

    /** Reads what {@link #write} wrote; anything else is a {@link coppice.MalformedDataException}. */
    public static RunManifest read(Path file) throws IOException {
        return Json.read(file, RunManifest.class);
    }

    private static <T> T required(T value, String name) {
        return Objects.requireNonNull(value, name + " is missing");
    }

    private static void atLeast(long minimum, long value, String name) {
        if (value < minimum) {
            throw new IllegalArgumentException(name + " must be at least " + minimum + " but was " + value);
        }
    }

    private static String property(String key) {
        return System.getProperty(key, "unknown");
    }

    private static Map<String, String> ordered(Map<String, String> map) {
        Map<String, String> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(required(key, "a key of configuration"), required(value, key)));
        return Collections.unmodifiableMap(copy);
    }
}
