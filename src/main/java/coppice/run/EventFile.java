package coppice.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes scalars to an event file that TensorBoard shows.
 *
 * <p>The file is a sequence of TFRecords: length (8 bytes), its checksum (4), content, its checksum (4), little-endian,
 * with masked CRC-32C sums. Each content is an Event in the protocol buffers encoding: field 1 the time in seconds
 * (double), 2 the step (varint), and one of 3 the file's version (text), 5 a Summary, 7 a SessionLog. A Summary repeats
 * field 1, a value: 1 its tag (text), 2 its number (float). A SessionLog that starts makes TensorBoard forget what an
 * earlier file has from its step on, as a resumed run does.
 */
public final class EventFile implements AutoCloseable {
    private static final String VERSION = "brain.Event:2";
    private static final int MASK = 0xA282EAD8;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;
    private static final int START = 1;

    private final FileChannel channel;

    private EventFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Starts a new file in {@code directory}, which is made if need be.
     *
     * @param firstStep the first step that will be written
     */
    public static EventFile create(Path directory, long firstStep) throws IOException {
        Files.createDirectories(directory);
        EventFile file = new EventFile(open(directory));
        file.append(event(0).bytes(3, VERSION.getBytes(StandardCharsets.UTF_8)));
        file.append(event(firstStep).bytes(7, new Message().number(1, START).content()));
        return file;
    }

    /** TensorBoard reads the files of a directory in the order of their names, which begin with the time. */
    private static FileChannel open(Path directory) throws IOException {
        long seconds = System.currentTimeMillis() / 1000;
        for (int count = 0; ; count++) {
            String name = String.format(
                    Locale.ROOT,
                    "events.out.tfevents.%010d.coppice.%03d.%d",
                    seconds,
                    count,
                    ProcessHandle.current().pid());
            try {
                return FileChannel.open(
                        directory.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            } catch (FileAlreadyExistsException e) {
                // the next count
            }
        }
    }

    /** Appends the values of a step by one write. */
    public void scalars(long step, Map<String, Double> values) throws IOException {
        Message summary = new Message();
        values.forEach((tag, value) -> summary.bytes(
                1,
                new Message()
                        .bytes(1, tag.getBytes(StandardCharsets.UTF_8))
                        .single(2, value.floatValue())
                        .content()));
        append(event(step).bytes(5, summary.content()));
    }

    private static Message event(long step) {
        return new Message().real(1, System.currentTimeMillis() * 1e-3).number(2, step);
    }

    private void append(Message event) throws IOException {
        byte[] content = event.content();
        byte[] length = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(content.length)
                .array();
        ByteBuffer record = ByteBuffer.allocate(content.length + 16).order(ByteOrder.LITTLE_ENDIAN);
        record.put(length).putInt(maskedSum(length)).put(content).putInt(maskedSum(content));
        AtomicFile.writeFully(channel, record.flip());
    }

    private static int maskedSum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** A protocol buffers message in the making; fields with the value 0 are left out, as the encoding has it. */
    private static final class Message {
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        Message number(int field, long value) {
            if (value != 0) {
                varint(field << 3 | VARINT);
                varint(value);
            }
            return this;
        }

        Message real(int field, double value) {
            varint(field << 3 | FIXED64);
            fixed(Double.doubleToLongBits(value), Double.BYTES);
            return this;
        }

        Message single(int field, float value) {
            varint(field << 3 | FIXED32);
            fixed(Float.floatToIntBits(value), Float.BYTES);
            return this;
        }

        Message bytes(int field, byte[] value) {
            varint(field << 3 | BYTES);
            varint(value.length);
            content.writeBytes(value);
            return this;
        }

        byte[] content() {
            return content.toByteArray();
        }

        private void varint(long value) {
            long rest = value;
            for (; (rest & ~0x7FL) != 0; rest >>>= 7) {
                content.write((int) ((rest & 0x7F) | 0x80));
            }
            content.write((int) rest);
        }

        private void fixed(long bits, int bytes) {
            for (int i = 0; i < bytes; i++) {
                content.write((int) (bits >>> (8 * i)));
            }
        }
    }
}
