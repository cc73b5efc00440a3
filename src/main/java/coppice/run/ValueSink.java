package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Streams Java arrays as little-endian bytes through one direct buffer. */
public final class ValueSink {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Target target;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long flushed;

    /** Where the bytes go. */
    @FunctionalInterface
    public interface Target {
        /** Takes all that remains in {@code bytes}. */
        void take(ByteBuffer bytes) throws IOException;
    }

    /** A sink that hands on about a megabyte at a time. */
    public ValueSink(Target target) {
        this.target = target;
    }

    /** Takes {@code count} elements of {@code data} from {@code from} on. */
    public void floats(float[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Float.BYTES);
            buffer.asFloatBuffer().put(data, from + done, n);
            done += advance(n, Float.BYTES);
        }
    }

    /** Takes {@code count} elements of {@code data} from {@code from} on. */
    public void ints(int[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Integer.BYTES);
            buffer.asIntBuffer().put(data, from + done, n);
            done += advance(n, Integer.BYTES);
        }
    }

    /** Takes {@code count} elements of {@code data} from {@code from} on. */
    public void longs(long[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Long.BYTES);
            buffer.asLongBuffer().put(data, from + done, n);
            done += advance(n, Long.BYTES);
        }
    }

    /** Takes {@code count} elements of {@code data} from {@code from} on, each widened to 64 bits. */
    public void intsAsLongs(int[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, Long.BYTES);
            for (int i = 0; i < n; i++) {
                buffer.putLong(data[from + done + i]);
            }
            done += n;
        }
    }

    /** Takes {@code count} elements of {@code data} from {@code from} on. */
    public void bytes(byte[] data, int from, int count) throws IOException {
        for (int done = 0; done < count; ) {
            int n = room(count - done, 1);
            buffer.put(data, from + done, n);
            done += n;
        }
    }

    /** Takes one 64-bit number. */
    public void number(long value) throws IOException {
        room(1, Long.BYTES);
        buffer.putLong(value);
    }

    /** The bytes taken so far, flushed or not. */
    public long written() {
        return flushed + buffer.position();
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

    /** Hands on what is left. */
    public void flush() throws IOException {
        buffer.flip();
        flushed += buffer.remaining();
        target.take(buffer);
        buffer.clear();
    }
}
