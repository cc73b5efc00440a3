package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Python programs that read what Coppice writes; tests are skipped, and say why, where one cannot run. */
final class Python {
    private Python() {}

    /** Skips the test unless Python and these modules are there. */
    static void require(String modules) {
        Result result;
        try {
            result = start(List.of("python3", "-c", "import " + modules));
        } catch (UncheckedIOException e) {
            result = new Result(1, "there is no python3");
        }
        assumeTrue(
                result.code() == 0,
                "skipped, as Python lacks " + modules + ": " + result.output().strip());
    }

    /** Runs a program with arguments; returns what it prints. */
    static String run(String program, Path... arguments) {
        List<String> words = new ArrayList<>(List.of("python3", "-c", program));
        for (Path argument : arguments) {
            words.add(argument.toString());
        }
        Result result = start(words);
        assertEquals(0, result.code(), result.output());
        return result.output().strip();
    }

    private record Result(int code, String output) {}

    private static Result start(List<String> words) {
        try {
            Process process =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
