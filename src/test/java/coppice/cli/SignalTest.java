package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ends processes that train, in the middle of an epoch. */
@DisabledOnOs(OS.WINDOWS)
class SignalTest {
    private static final List<String> TRAINING = List.of("train", "--hidden", "300,300", "--epochs", "6");
    private static final long PATIENCE_SECONDS = 60;

    private byte[] undisturbed = new byte[0];

    @BeforeEach
    void trainUndisturbed(@TempDir Path temp) throws IOException {
        Path directory = temp.resolve("undisturbed");
        assertEquals(ExitCode.DONE, Cli.run(words(directory)).code());
        undisturbed = Files.readAllBytes(directory.resolve("last.safetensors"));
    }

    @Test
    void resumesToTheSameBitsAfterBeingStoppedOrKilled(@TempDir Path temp) throws Exception {
        Path stopped = temp.resolve("stopped");
        Process process = startAndAwaitFirstEpoch(stopped);
        process.destroy(); // SIGTERM
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertEquals(ExitCode.STOPPED, process.exitValue());
        assertEquals("stopped", Cli.json(stopped.resolve("result.json")).get("status"));
        requireSameBitsAfterResume(stopped);

        Path killed = temp.resolve("killed");
        process = startAndAwaitFirstEpoch(killed);
        process.destroyForcibly(); // SIGKILL
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        assertFalse(Files.exists(killed.resolve("result.json")));
        requireSameBitsAfterResume(killed);
    }

    private void requireSameBitsAfterResume(Path directory) throws IOException {
        Cli resumed = Cli.run(words(directory, "--resume"));
        assertEquals(ExitCode.DONE, resumed.code(), resumed.err());
        assertArrayEquals(undisturbed, Files.readAllBytes(directory.resolve("last.safetensors")));
        assertEquals(6, Files.readAllLines(directory.resolve("metrics.jsonl")).size());
    }

    private static Process startAndAwaitFirstEpoch(Path directory) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                Objects.requireNonNull(System.getProperty("java.class.path")),
                "coppice.cli.Main"));
        command.addAll(List.of(words(directory)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        assertTrue(line != null && line.startsWith("epoch 1/6 "), "first line: " + line);
        return process;
    }

    private static String[] words(Path directory, String... more) {
        List<String> words = new ArrayList<>(TRAINING);
        words.addAll(List.of("--out", directory.toString()));
        words.addAll(List.of(more));
        return words.toArray(new String[0]);
    }
}
