package coppice.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The run's {@code train.log}: what was printed, each line with its time; a resumed run appends. */
final class RunLog implements AutoCloseable {
    private final PrintWriter writer;

    RunLog(Path file) throws IOException {
        writer = new PrintWriter(
                Files.newBufferedWriter(
                        file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
                true);
    }

    void line(String text) {
        writer.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + text);
    }

    @Override
    public void close() {
        writer.close();
    }
}
