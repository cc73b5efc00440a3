package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Streams Java arrays as little-endian bytes to a file through one direct buffer, hashing what passes. */
final class SafeTensorsSink {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel channel;
    private final MessageDigest digest = sha256();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long flushed;

    SafeTensorsSink(FileChannel channel) {
        this.channel = channel;
    }

    void floats(float[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Float.BYTES);
            buffer.asFloatBuffer().put(data, from + done, n);
            done += advance(n, Float.BYTES);
        }
    }

    void ints(int[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Integer.BYTES);
            buffer.asIntBuffer().put(data, from + done, n);
            done += advance(n, Integer.BYTES);
        }
    }

    void longs(long[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Long.BYTES);
            buffer.asLongBuffer().put(data, from + done, n);
            done += advance(n, Long.BYTES);
        }
    }

    void intsAsLongs(int[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Long.BYTES);
            for (int i = 0; i < n; i++) {
                buffer.putLong(data[from + done + i]);
            }
            done += n;
        }
    }

    void bytes(byte[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, 1);
            buffer.put(data, from + done, n);
            done += n;
        }
    }

    /** The bytes taken so far, flushed or not. */
    long written() {
        return flushed + buffer.position();
    }

    /** Writes out what is left and gives the SHA-256 of everything, in hex. */
    String finish() throws IOException {
        flush();
        return HexFormat.of().formatHex(digest.digest());
    }

    private int room(int wanted, int itemBytes) throws IOException {
        if (buffer.remaining() < itemBytes) {
            flush();
        }
        return Math.min(wanted, buffer.remaining() / itemBytes);
    }

    private int advance(int items, int itemBytes) {
        buffer.position(buffer.position() + items * itemBytes);
        return items;
    }

    private void flush() throws IOException {
        buffer.flip();
        digest.update(buffer.duplicate());
        flushed += buffer.remaining();
        AtomicFile.writeFully(channel, buffer);
        buffer.clear();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime must have SHA-256 but this one lacks it", e);
        }
    }
}
