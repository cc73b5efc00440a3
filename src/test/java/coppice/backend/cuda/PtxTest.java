package coppice.backend.cuda;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The committed PTX fits the kernels' sources and assembles for the GPUs it is meant for; needs no GPU. */
class PtxTest {
    private static final Path KERNELS = Path.of("kernels");
    private static final List<String> GPUS = List.of("sm_75", "sm_80", "sm_90");

    private static final Pattern SOURCE_ENTRY = Pattern.compile("^KERNEL(?:_OF_1024)?\\((\\w+),", Pattern.MULTILINE);
    private static final Pattern PTX_ENTRY = Pattern.compile("^\\.visible \\.entry (\\w+)\\(", Pattern.MULTILINE);

    private static final Pattern DESCRIBED_ENTRY =
            Pattern.compile("((?:^//.*\n)+)KERNEL(?:_OF_1024)?\\((\\w+),", Pattern.MULTILINE);
    private static final Pattern TWIN = Pattern.compile("Twin: (\\w+)\\.(\\w+)");
    private static final Path TWINS = Path.of("src", "main", "java", "coppice", "backend", "cpu");

    /** Float arithmetic whose rounding is left to the assembler, which may then join a product and a sum. */
    private static final Pattern UNROUNDED = Pattern.compile(
            "^\\s*(?:add|sub|mul|mad|fma|div|sqrt|rcp)(?!\\.rn\\.)\\S*\\.f(?:32|64)\\b.*", Pattern.MULTILINE);

    /** Functions that GPUs only approximate. */
    private static final Pattern APPROXIMATE = Pattern.compile("^.*\\.(?:approx|ftz)\\b.*", Pattern.MULTILINE);

    static Stream<Path> sources() throws IOException {
        return list(KERNELS, ".cu");
    }

    static Stream<Path> ptxFiles() throws IOException {
        return list(KERNELS.resolve("ptx"), ".ptx");
    }

    private static Stream<Path> list(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending)).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("ptxFiles")
    void ptxAssembles(Path file) throws IOException {
        for (String gpu : GPUS) {
            assertEquals("", assemble(Files.readString(file), gpu), file + " for " + gpu);
        }
    }

    /** What the PTX compiler complains of; empty if nothing. */
    private static String assemble(String ptx, String gpu) {
        byte[] text = (ptx + "\0").getBytes(US_ASCII);
        nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
        assertEquals(
                nvPTXCompileResult.NVPTXCOMPILE_SUCCESS,
                JNvPTXCompiler.nvPTXCompilerCreate(compiler, text.length - 1, text));
        try {
            String[] options = {"--gpu-name=" + gpu, "--fmad=false"};
            int result = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
            if (result == nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
                return "";
            }
            long[] size = {0};
            JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
            byte[] log = new byte[Math.toIntExact(size[0]) + 1];
            JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
            return nvPTXCompileResult.stringFor(result) + ": " + new String(log, US_ASCII).trim();
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
        }
    }

    @ParameterizedTest
    @MethodSource("ptxFiles")
    void ptxIsForOldDriversAndGpus(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        assertTrue(lines.contains(".version 7.0"), file + " is not of PTX version 7.0");
        assertTrue(lines.contains(".target sm_75"), file + " is not for sm_75");
    }

    @ParameterizedTest
    @MethodSource("ptxFiles")
    void arithmeticRoundsAsTheCpuDoes(Path file) throws IOException {
        String ptx = Files.readString(file);
        assertEquals(List.of(), found(UNROUNDED, ptx), file + " leaves rounding to the assembler");
        assertEquals(List.of(), found(APPROXIMATE, ptx), file + " approximates");
    }

    private static List<String> found(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(MatchResult::group).toList();
    }

    @ParameterizedTest
    @MethodSource("sources")
    void ptxHasTheKernelsOfItsSource(Path source) throws IOException {
        String name = source.getFileName().toString().replaceFirst("\\.cu$", "");
        Set<String> kernels = names(SOURCE_ENTRY, Files.readString(source));
        assertFalse(kernels.isEmpty(), source + " has no kernel");
        Path ptx = KERNELS.resolve("ptx").resolve(name + ".sm_75.ptx");
        assertTrue(Files.exists(ptx), "there is no " + ptx + ": run scripts/build-kernels.sh");
        assertEquals(kernels, names(PTX_ENTRY, Files.readString(ptx)), "kernels of " + source + " and " + ptx);
    }

    private static Set<String> names(Pattern pattern, String text) {
        Set<String> names = new TreeSet<>();
        pattern.matcher(text).results().forEach(match -> names.add(match.group(1)));
        return names;
    }

    /** All kernels that the program has. */
    static Set<String> entries() throws IOException {
        Set<String> all = new TreeSet<>();
        for (Path file : ptxFiles().toList()) {
            all.addAll(names(PTX_ENTRY, Files.readString(file)));
        }
        return all;
    }

    /** The comment above a kernel ends with the method of the CPU backend that gives the same bits. */
    @ParameterizedTest
    @MethodSource("sources")
    void eachKernelNamesItsTwin(Path source) throws IOException {
        String text = Files.readString(source);
        Set<String> described = new TreeSet<>();
        for (MatchResult kernel : DESCRIBED_ENTRY.matcher(text).results().toList()) {
            Matcher twin = TWIN.matcher(kernel.group(1).replace("\n//", ""));
            assertTrue(twin.find(), source + ": the comment above " + kernel.group(2) + " names no twin");
            Path file = TWINS.resolve(twin.group(1) + ".java");
            assertTrue(Files.exists(file), source + ": " + kernel.group(2) + " has its twin in " + file);
            String method = " " + twin.group(2) + "(";
            assertTrue(Files.readString(file).contains(method), source + ": " + file + " has no" + method + ")");
            described.add(kernel.group(2));
        }
        assertEquals(names(SOURCE_ENTRY, text), described, "kernels of " + source + " with a comment");
    }

    @Test
    void eachPtxFileHasASource() throws IOException {
        List<String> expected = sources()
                .map(file -> file.getFileName().toString().replaceFirst("\\.cu$", ".sm_75.ptx"))
                .toList();
        assertEquals(
                expected, ptxFiles().map(file -> file.getFileName().toString()).toList());
    }

    @Test
    void ptxIsWhatTheSourcesCompileTo() throws IOException, InterruptedException {
        assumeTrue(onPath("nvcc"), "there is no nvcc on the PATH to compile the kernels with");
        Path log = Files.createTempFile("build-kernels", ".txt");
        try {
            Process check = new ProcessBuilder("bash", "scripts/build-kernels.sh", "--check")
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            boolean ended = check.waitFor(10, TimeUnit.MINUTES);
            check.destroyForcibly();
            String output = Files.readString(log).trim();
            assertTrue(ended, "scripts/build-kernels.sh --check did not end: " + output);
            assumeTrue(check.exitValue() != 3, output);
            assertEquals(0, check.exitValue(), output);
        } finally {
            Files.delete(log);
        }
    }

    private static boolean onPath(String program) {
        String path = System.getenv("PATH");
        return path != null
                && Stream.of(path.split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
