package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compiles stand-ins for NVIDIA's libraries. */
final class StandInLibrary {
    private static final Path SOURCES = Path.of("src", "test", "native", "standins");

    private StandInLibrary() {}

    static void requireCompiler() {
        assumeTrue(
                System.getProperty("os.name").equals("Linux")
                        && List.of("amd64", "x86_64").contains(System.getProperty("os.arch")),
                "stand-ins are for Linux on x86_64");
        try {
            run(List.of("gcc", "--version"));
        } catch (IOException e) {
            assumeTrue(false, "there is no gcc to compile the stand-ins: " + e.getMessage());
        }
    }

    /** Compiles a source to a library whose symbols have its name as their version, as NVIDIA's do. */
    static Path compile(String source, Path folder, String soname, Path... needed) throws IOException {
        Files.createDirectories(folder);
        Path map = folder.resolve(soname + ".map");
        Files.writeString(map, soname + " { global: *; };\n");
        Path library = folder.resolve(soname);
        String major = soname.substring(soname.lastIndexOf('.') + 1);
        List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-DMAJOR=" + major));
        command.addAll(List.of("-Wl,-soname," + soname, "-Wl,--version-script=" + map, "-o", library.toString()));
        command.addAll(List.of(SOURCES.resolve(source).toString(), "-Wl,--no-as-needed"));
        for (Path each : needed) {
            command.add(each.toString());
        }
        run(command);
        return library;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.onExit().join().exitValue(), output);
    }
}
