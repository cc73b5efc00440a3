package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of docs/tutorial.md as they stand, in an empty folder whose {@code scripts} are the project's. */
@EnabledOnOs(OS.LINUX)
class TutorialTest {
    private static final Pattern COMMANDS = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

    @Test
    void runsAsWritten(@TempDir Path folder) throws Exception {
        String text = Files.readString(Path.of("docs", "tutorial.md"));
        List<String> blocks =
                COMMANDS.matcher(text).results().map(MatchResult::group).toList();
        assertTrue(blocks.size() >= 7, "only " + blocks.size() + " blocks of commands");
        Path program = writeProgram(folder);
        for (String block : blocks) {
            String commands = block.substring("```sh\n".length(), block.length() - "```".length());
            Path log = folder.resolve("log");
            ProcessBuilder builder = new ProcessBuilder("bash", "-euo", "pipefail", "-c", commands)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put("COPPICE", program.toString());
            Process process = builder.start();
            assertTrue(process.waitFor(300, TimeUnit.SECONDS), commands);
            assertEquals(0, process.exitValue(), () -> commands + read(log));
        }
        for (String file : List.of(
                "first/result.json",
                "first/report.html",
                "digits/table.csv",
                "digits/report.html",
                "digits.onnx",
                "digits.npz")) {
            assertTrue(Files.size(folder.resolve("runs").resolve(file)) > 100, file);
        }
    }

    private static String read(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static Path writeProgram(Path folder) throws IOException {
        Path scripts = Files.createDirectory(folder.resolve("scripts"));
        Files.createSymbolicLink(
                scripts.resolve("sweep.sh"), Path.of("scripts", "sweep.sh").toAbsolutePath());
        return ClassesUnderTest.program(scripts.resolve("coppice"));
    }
}
