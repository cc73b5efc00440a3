package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads event files by the letter of their formats; shares nothing with the writer, not even the checksum. */
public final class EventReader {
    private EventReader() {}

    /** One event. */
    public record Event(double time, long step, String version, Map<String, Float> scalars, boolean starts) {}

    /** All events of a file; fails for a wrong length, checksum or encoding. */
    public static List<Event> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte[] length = new byte[8];
            bytes.get(length);
            requireSum(bytes.getInt(), length);
            byte[] content = new byte
                    [Math.toIntExact(ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong())];
            bytes.get(content);
            requireSum(bytes.getInt(), content);
            events.add(event(ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static void requireSum(int masked, byte[] bytes) {
        int sum = masked - 0xa282ead8;
        int unmasked = (sum >>> 17) | (sum << 15);
        if (unmasked != crc32c(bytes)) {
            throw new AssertionError("checksum " + unmasked + " is not " + crc32c(bytes));
        }
    }

    /** Castagnoli's polynomial, bit by bit. */
    static int crc32c(byte[] bytes) {
        int crc = -1;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
            }
        }
        return ~crc;
    }

    private static Event event(ByteBuffer bytes) {
        double time = Double.NaN;
        long step = 0;
        String version = "";
        Map<String, Float> scalars = new LinkedHashMap<>();
        boolean starts = false;
        while (bytes.hasRemaining()) {
            int key = (int) varint(bytes);
            switch (key) {
                case (1 << 3) | 1 -> time = bytes.getDouble();
                case 2 << 3 -> step = varint(bytes);
                case (3 << 3) | 2 -> version = text(bytes);
                case (5 << 3) | 2 -> summary(part(bytes), scalars);
                case (7 << 3) | 2 -> {
                    ByteBuffer session = part(bytes);
                    starts = varint(session) == 1 << 3 && varint(session) == 1 && !session.hasRemaining();
                }
                default -> throw new AssertionError("an Event has no field with key " + key);
            }
        }
        return new Event(time, step, version, scalars, starts);
    }

    private static void summary(ByteBuffer bytes, Map<String, Float> scalars) {
        while (bytes.hasRemaining()) {
            if (varint(bytes) != ((1 << 3) | 2)) {
                throw new AssertionError("a Summary holds values only");
            }
            ByteBuffer value = part(bytes);
            String tag = varint(value) == ((1 << 3) | 2) ? text(value) : "?";
            if (varint(value) != ((2 << 3) | 5)) {
                throw new AssertionError("a value needs a simple_value");
            }
            scalars.put(tag, value.getFloat());
            if (value.hasRemaining()) {
                throw new AssertionError("a value has nothing else");
            }
        }
    }

    private static ByteBuffer part(ByteBuffer bytes) {
        int length = (int) varint(bytes);
        ByteBuffer part = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(bytes.position() + length);
        return part;
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(part(bytes)).toString();
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes.get();
            value |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
