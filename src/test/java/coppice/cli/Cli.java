package coppice.cli;

import coppice.run.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a command printed and how it ended.
 *
 * @param code the exit code
 * @param out standard output
 * @param err standard error
 */
record Cli(int code, String out, String err) {
    /** Runs a command in this process. */
    static Cli run(String... words) {
        return run(Arrays.asList(words));
    }

    private static Cli run(List<String> words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        int code = Main.run(words, console);
        return new Cli(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Trains a small network on the digits, or the one that {@code --layers} describes. */
    static Cli train(Path directory, String... words) {
        List<String> all = new ArrayList<>(List.of("train", "--epochs", "2", "--out", directory.toString()));
        if (!Arrays.asList(words).contains("--layers")) {
            all.addAll(List.of("--hidden", "32,16"));
        }
        all.addAll(Arrays.asList(words));
        return run(all);
    }

    List<String> lines() {
        return out.lines().toList();
    }

    List<String> errors() {
        return err.lines().toList();
    }

    String lastLine() {
        return lines().get(lines().size() - 1);
    }

    Map<?, ?> json() {
        return Json.parse(lastLine(), Map.class);
    }

    String sha256() {
        return String.valueOf(json().get("checkpoint_sha256"));
    }

    static Map<?, ?> json(Path file) throws IOException {
        return Json.read(file, Map.class);
    }
}
