package coppice.onnx;

import coppice.run.ValueSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A message of Protocol Buffers to be written: fields in order, whose length is known before a byte of them is written.
 *
 * <p>A message that is made part of another is complete by then. Values are asked for when they are written, so that
 * large ones exist once only. Source: the wire format as its documentation gives it.
 */
final class ProtoMessage {
    private static final int VARINT = 0;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED_32 = 5;
    private static final int MAX_VARINT_BYTES = 10;

    private final List<Content> fields = new ArrayList<>();
    private long length;

    /** Hands bytes to a file. */
    @FunctionalInterface
    interface Content {
        void writeTo(ValueSink sink) throws IOException;
    }

    /** Adds an integer. */
    ProtoMessage number(int field, long value) {
        add(varint((long) field << 3 | VARINT));
        return add(varint(value));
    }

    /** Adds a float. */
    ProtoMessage real(int field, float value) {
        add(varint((long) field << 3 | FIXED_32));
        return add(Float.BYTES, sink -> sink.floats(new float[] {value}, 0, 1));
    }

    /** Adds a text. */
    ProtoMessage text(int field, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes(field, bytes.length, sink -> sink.bytes(bytes, 0, bytes.length));
    }

    /** Adds a message, which must not change any more. */
    ProtoMessage message(int field, ProtoMessage message) {
        return bytes(field, message.length, message::writeTo);
    }

    /** Adds {@code count} bytes that {@code content} hands over when asked. */
    ProtoMessage bytes(int field, long count, Content content) {
        add(varint((long) field << 3 | LENGTH_DELIMITED));
        add(varint(count));
        return add(count, content);
    }

    /** The bytes it takes. */
    long length() {
        return length;
    }

    void writeTo(ValueSink sink) throws IOException {
        long before = sink.written();
        for (Content field : fields) {
            field.writeTo(sink);
        }
        long written = sink.written() - before;
        if (written != length) {
            throw new IllegalStateException("a message of " + length + " bytes was written with " + written);
        }
    }

    private ProtoMessage add(byte[] bytes) {
        return add(bytes.length, sink -> sink.bytes(bytes, 0, bytes.length));
    }

    private ProtoMessage add(long count, Content content) {
        fields.add(content);
        length = Math.addExact(length, count);
        return this;
    }

    /** Seven bits a byte, the lowest first; all but the last byte have their top bit set. */
    private static byte[] varint(long value) {
        byte[] bytes = new byte[MAX_VARINT_BYTES];
        int count = 0;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[count++] = (byte) ((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        bytes[count++] = (byte) rest;
        return Arrays.copyOf(bytes, count);
    }
}
