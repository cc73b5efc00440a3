package coppice.run;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * An open safetensors file.
 *
 * <p>Trusts nothing in it: whatever is not as the format or the caller expects is one {@link MalformedDataException},
 * and no array is allocated that the file has no bytes for. For one thread at a time.
 */
public final class SafeTensorsReader implements TensorSource {
    private static final int MAX_BUFFER_BYTES = 1 << 20;
    /** The longest array that common Java runtimes allocate. */
    private static final long MAX_ARRAY_LENGTH = Integer.MAX_VALUE - 8L;

    private final Path file;
    private final FileChannel channel;
    private final SafeTensorsHeader header;
    private final long valuesStart;
    private final ByteBuffer buffer;

    /** Takes {@code count} elements, which lie in {@code bytes}, as elements {@code first} and following. */
    @FunctionalInterface
    private interface ChunkConsumer {
        void accept(ByteBuffer bytes, int first, int count);
    }

    private SafeTensorsReader(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        long size = channel.size();
        if (size < SafeTensors.LENGTH_BYTES) {
            throw MalformedDataException.atOffset(
                    file, 0, "a safetensors file must have at least 8 bytes but this one has " + size);
        }
        this.buffer = ByteBuffer.allocateDirect((int) Math.min(size, MAX_BUFFER_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        long length = read(0, SafeTensors.LENGTH_BYTES).getLong();
        long available = Math.min(SafeTensors.MAX_HEADER_BYTES, size - SafeTensors.LENGTH_BYTES);
        if (length < 0 || length > available) {
            throw MalformedDataException.atOffset(
                    file,
                    0,
                    "the header's length must be in [0, " + available + "] but is " + Long.toUnsignedString(length));
        }
        this.valuesStart = SafeTensors.LENGTH_BYTES + length;
        this.header = SafeTensorsHeaderParser.parse(file, headerBytes((int) length));
        header.requireCover(file, size - valuesStart);
    }

    static SafeTensorsReader open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        try {
            return new SafeTensorsReader(file, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** The tensors' names in the order of the header. */
    public Set<String> names() {
        return header.slots().keySet();
    }

    @Override
    public boolean has(String name) {
        return header.slots().containsKey(name);
    }

    /** The free text of the header, empty where it has none. */
    @Override
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** The shape of a tensor, outermost dimension first. */
    public long[] shape(String name) {
        return slot(name).shape().stream().mapToLong(Long::longValue).toArray();
    }

    /** The element type of a tensor. */
    public DataType dtype(String name) {
        return slot(name).type();
    }

    /** The values of an F32 tensor. */
    @Override
    public float[] floats(String name) throws IOException {
        SafeTensorsHeader.Slot slot = slot(name, DataType.F32);
        float[] values = new float[length(name, slot)];
        read(slot, (bytes, first, count) -> bytes.asFloatBuffer().get(values, first, count));
        return values;
    }

    /** The values of an I32 tensor. */
    @Override
    public int[] ints(String name) throws IOException {
        SafeTensorsHeader.Slot slot = slot(name, DataType.I32);
        int[] values = new int[length(name, slot)];
        read(slot, (bytes, first, count) -> bytes.asIntBuffer().get(values, first, count));
        return values;
    }

    /** The values of an I64 tensor. */
    public long[] longs(String name) throws IOException {
        SafeTensorsHeader.Slot slot = slot(name, DataType.I64);
        long[] values = new long[length(name, slot)];
        read(slot, (bytes, first, count) -> bytes.asLongBuffer().get(values, first, count));
        return values;
    }

    /** The values of an I64 tensor of offsets, each of which must be in [0, 2147483647]. */
    @Override
    public int[] offsetsAsInts(String name) throws IOException {
        SafeTensorsHeader.Slot slot = slot(name, DataType.I64);
        int[] values = new int[length(name, slot)];
        read(slot, (bytes, first, count) -> {
            for (int i = 0; i < count; i++) {
                long value = bytes.getLong();
                if (value < 0 || value > Integer.MAX_VALUE) {
                    throw SafeTensorsHeader.fault(
                            file, name, "element " + (first + i) + " must be in [0, 2147483647] but is " + value);
                }
                values[first + i] = (int) value;
            }
        });
        return values;
    }

    /** The values of a U8 tensor. */
    public byte[] bytes(String name) throws IOException {
        SafeTensorsHeader.Slot slot = slot(name, DataType.U8);
        byte[] values = new byte[length(name, slot)];
        read(slot, (bytes, first, count) -> bytes.get(values, first, count));
        return values;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private SafeTensorsHeader.Slot slot(String name) {
        SafeTensorsHeader.Slot slot = header.slots().get(name);
        if (slot == null) {
            throw SafeTensorsHeader.fault(file, name, "the file has no tensor of this name");
        }
        return slot;
    }

    private SafeTensorsHeader.Slot slot(String name, DataType expected) {
        SafeTensorsHeader.Slot slot = slot(name);
        if (slot.type() != expected) {
            throw SafeTensorsHeader.fault(file, name, "dtype must be " + expected + " but is " + slot.type());
        }
        return slot;
    }

    private int length(String name, SafeTensorsHeader.Slot slot) {
        if (slot.items() > MAX_ARRAY_LENGTH) {
            throw SafeTensorsHeader.fault(
                    file, name, "at most " + MAX_ARRAY_LENGTH + " elements can be read but it has " + slot.items());
        }
        return (int) slot.items();
    }

    private void read(SafeTensorsHeader.Slot slot, ChunkConsumer consumer) throws IOException {
        int itemBytes = slot.type().itemBytes();
        int items = (int) slot.items();
        for (int first = 0; first < items; ) {
            int count = Math.min(items - first, buffer.capacity() / itemBytes);
            long position = valuesStart + slot.begin() + (long) first * itemBytes;
            consumer.accept(read(position, count * itemBytes), first, count);
            first += count;
        }
    }

    private byte[] headerBytes(int length) throws IOException {
        byte[] json = new byte[length];
        for (int done = 0; done < length; ) {
            int count = Math.min(length - done, buffer.capacity());
            read(SafeTensors.LENGTH_BYTES + done, count).get(json, done, count);
            done += count;
        }
        return json;
    }

    /** The next bytes at {@code position}, which the file's length promised. */
    private ByteBuffer read(long position, int count) throws IOException {
        buffer.clear().limit(count);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw MalformedDataException.atOffset(
                        file, position + buffer.position(), "the file became shorter while it was read");
            }
        }
        return buffer.flip();
    }
}
