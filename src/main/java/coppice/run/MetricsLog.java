package coppice.run;

import coppice.MalformedDataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Appends one JSON object a line, so that a run can be watched and a killed one loses at most its last line.
 *
 * <p>Each object has an integer {@code epoch}, 1 for the first; by it a resumed run drops what lies after its
 * checkpoint.
 */
public final class MetricsLog implements AutoCloseable {
    private final FileChannel channel;

    private MetricsLog(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens {@code file} for appending, keeping the lines of the first {@code keepEpochs} epochs; 0 starts afresh.
     *
     * <p>A last line that a kill cut short is dropped; damage elsewhere is a {@link MalformedDataException}.
     */
    public static MetricsLog open(Path file, int keepEpochs) throws IOException {
        if (keepEpochs < 0) {
            throw new IllegalArgumentException("keepEpochs must be at least 0 but was " + keepEpochs);
        }
        if (Files.exists(file)) {
            byte[] before = keepEpochs == 0 ? new byte[0] : Files.readAllBytes(file);
            byte[] after = kept(file, before, keepEpochs);
            if (after.length != Files.size(file)) {
                AtomicFile.write(file, after);
            }
        }
        return new MetricsLog(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /**
     * The lines of {@code file}, which may still grow: a last line that is cut short is left out.
     *
     * @throws MalformedDataException naming the first line that is no {@code type}
     */
    public static <T> List<T> read(Path file, Class<T> type) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<T> lines = new ArrayList<>();
        for (int start = 0; start < bytes.length; ) {
            int end = lineEnd(bytes, start);
            try {
                lines.add(Json.parse(new String(bytes, start, end - start, StandardCharsets.UTF_8), type));
            } catch (IllegalArgumentException e) {
                if (end < bytes.length) {
                    throw MalformedDataException.atLine(file, lines.size() + 1L, String.valueOf(e.getMessage()));
                }
            }
            start = end + 1;
        }
        return lines;
    }

    /** Appends {@code metrics}, a record or map with an {@code epoch}, by one write. */
    public void append(Object metrics) throws IOException {
        String line = Json.compact(metrics);
        if (!line.startsWith("{")) {
            throw new IllegalArgumentException("a line of metrics must be a JSON object but is " + line);
        }
        AtomicFile.writeFully(channel, ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static byte[] kept(Path file, byte[] bytes, int keepEpochs) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream(bytes.length + 1);
        long line = 1;
        for (int start = 0; start < bytes.length; line++) {
            int end = lineEnd(bytes, start);
            boolean complete = end < bytes.length;
            try {
                if (epoch(new String(bytes, start, end - start, StandardCharsets.UTF_8)) <= keepEpochs) {
                    kept.write(bytes, start, end - start);
                    kept.write('\n');
                }
            } catch (IllegalArgumentException e) {
                if (complete) {
                    throw MalformedDataException.atLine(file, line, String.valueOf(e.getMessage()));
                }
            }
            start = end + 1;
        }
        return kept.toByteArray();
    }

    private static int lineEnd(byte[] bytes, int start) {
        int end = start;
        while (end < bytes.length && bytes[end] != '\n') {
            end++;
        }
        return end;
    }

    private static int epoch(String line) {
        JsonNode epoch = Json.parse(line, JsonNode.class).path("epoch");
        if (!epoch.isInt()) {
            throw new IllegalArgumentException("a JSON object with an integer epoch was expected");
        }
        return epoch.intValue();
    }
}
