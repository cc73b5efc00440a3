package coppice.backend.cuda;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import jcuda.driver.CUevent;

/**
 * Features that stay in host memory: each batch is collected into page-locked memory and sent to the device.
 *
 * <p>Two slots take turns: while the device works on one batch, the host collects the next and a second stream sends
 * it. A slot is filled anew once it was sent, and sent anew once the work on it is done; events keep that order. On the
 * device a slot is a small data set, whose samples {@code 0, 1, ...} are the batch.
 */
final class StreamedFeatures {
    private static final int SLOTS = 2;

    private final Device device;
    private final Matrix matrix;
    private final DeviceMemory zero; // the state of a step that starts at place 0
    private int[] order = {};
    private List<Slot> slots = List.of();
    private List<DeviceMemory> identity = List.of(); // one: 0, 1, ...
    private int capacity; // samples of a slot
    private int current;
    private boolean held;

    StreamedFeatures(Device device, Matrix matrix) {
        this.device = device;
        this.matrix = matrix;
        this.zero = device.zeros(StepState.BYTES, "a streamed data set");
    }

    /** Memory for one batch on both sides: dense features, or row offsets, column indices and values. */
    private final class Slot {
        final List<PinnedMemory> host;
        final List<DeviceMemory> gpu;
        final CUevent sent = device.event();
        final CUevent used = device.event();

        Slot(long... parts) {
            String what = "batches of a streamed data set";
            host = LongStream.of(parts)
                    .mapToObj(bytes -> device.pinned(Math.max(bytes, 16), what))
                    .toList();
            gpu = LongStream.of(parts)
                    .mapToObj(bytes -> device.allocate(bytes, what))
                    .toList();
        }

        void send(int part, long bytes) {
            device.uploadAsync(gpu.get(part), 0, host.get(part).pointer(), bytes, device.copies());
        }

        ByteBuffer part(int part) {
            return host.get(part).buffer();
        }
    }

    /** Sets the order of the samples; copied. */
    void setOrder(int[] newOrder) {
        order = newOrder.clone();
    }

    /** For an operation on a batch: sends it, unless it is {@linkplain #hold held}. */
    void begin(int start, int batch) {
        if (!held) {
            send(start, batch);
        }
    }

    /** After the last operation on a batch was queued, unless it is held. */
    void end() {
        if (!held) {
            used();
        }
    }

    /**
     * Sends a batch, which stays until {@link #release}.
     *
     * @return the slot it is in, 0 or 1
     */
    int hold(int start, int batch) {
        send(start, batch);
        held = true;
        return current;
    }

    void release() {
        held = false;
    }

    /** To be called once all that reads the batch is queued. */
    void used() {
        device.record(slots.get(current).used, device.stream());
    }

    private void send(int start, int batch) {
        reserve(batch);
        current = (current + 1) % SLOTS;
        Slot slot = slots.get(current);
        device.synchronize(slot.sent); // only then may the host write there
        long[] parts = fill(slot, start, batch);
        device.await(slot.used, device.copies());
        for (int part = 0; part < parts.length; part++) {
            slot.send(part, parts[part]);
        }
        device.record(slot.sent, device.copies());
        device.await(slot.sent, device.stream());
    }

    /** Collects a batch; returns the bytes of each part. */
    private long[] fill(Slot slot, int start, int batch) {
        int features = matrix.columns();
        if (matrix instanceof ByteMatrix bytes) {
            for (int b = 0; b < batch; b++) {
                slot.part(0).put(b * features, bytes.values(), order[start + b] * features, features);
            }
            return new long[] {(long) batch * features};
        }
        if (matrix instanceof DenseMatrix floats) {
            FloatBuffer to = slot.part(0).asFloatBuffer();
            for (int b = 0; b < batch; b++) {
                to.put(b * features, floats.values(), order[start + b] * features, features);
            }
            return new long[] {(long) batch * features * Float.BYTES};
        }
        return fill(slot, (CsrMatrix) matrix, start, batch);
    }

    private long[] fill(Slot slot, CsrMatrix sparse, int start, int batch) {
        int[] rowOffsets = sparse.pattern().rowOffsets();
        IntBuffer offsets = slot.part(0).asIntBuffer();
        IntBuffer columns = slot.part(1).asIntBuffer();
        FloatBuffer values = slot.part(2).asFloatBuffer();
        int entries = 0;
        offsets.put(0, 0);
        for (int b = 0; b < batch; b++) {
            int from = rowOffsets[order[start + b]];
            int count = rowOffsets[order[start + b] + 1] - from;
            columns.put(entries, sparse.pattern().columnIndices(), from, count);
            values.put(entries, sparse.values(), from, count);
            entries += count;
            offsets.put(b + 1, entries);
        }
        return new long[] {(batch + 1L) * Integer.BYTES, (long) entries * Integer.BYTES, (long) entries * Float.BYTES};
    }

    /** Makes slots for batches of a size; all of them are idle once the device is. */
    private void reserve(int batch) {
        if (batch <= capacity) {
            return;
        }
        long[] parts = partBytes(batch);
        device.synchronize();
        capacity = 0;
        for (Slot slot : slots) {
            device.synchronize(slot.sent);
            slot.host.forEach(device::free);
            slot.gpu.forEach(device::free);
        }
        identity.forEach(device::free);
        slots = List.of();
        identity = List.of();
        slots = device.orNothing(() -> List.of(new Slot(parts), new Slot(parts)));
        DeviceMemory places = device.allocate((long) batch * Integer.BYTES, "batches of a streamed data set");
        int[] each = new int[batch];
        Arrays.setAll(each, i -> i);
        device.transfers().upload(places, each);
        identity = List.of(places);
        capacity = batch;
    }

    /** Bytes of each part of the greatest batch. */
    private long[] partBytes(int batch) {
        long cells = (long) batch * matrix.columns();
        long[] parts;
        if (matrix instanceof CsrMatrix sparse) {
            int[] offsets = sparse.pattern().rowOffsets();
            int[] lengths = new int[sparse.rows()];
            Arrays.setAll(lengths, row -> offsets[row + 1] - offsets[row]);
            Arrays.sort(lengths);
            long entries = 0;
            for (int i = Math.max(0, lengths.length - batch); i < lengths.length; i++) {
                entries += lengths[i];
            }
            parts = new long[] {(batch + 1L) * Integer.BYTES, entries * Integer.BYTES, entries * Float.BYTES};
        } else {
            parts = new long[] {matrix instanceof ByteMatrix ? cells : cells * Float.BYTES};
        }
        long most = LongStream.of(parts).max().orElse(0);
        if (most > Integer.MAX_VALUE) {
            throw new CudaException("a batch of " + batch + " samples takes " + Device.mebibytes(most)
                    + ", and at most 2048 MiB can be sent at once; a smaller --batch-size is needed");
        }
        return parts;
    }

    /** Writes the first five fields of the kernel's arguments: the batch in its slot, and the order 0, 1, ... */
    void writeTo(Arguments arguments) {
        List<DeviceMemory> parts = slots.get(current).gpu;
        if (parts.size() == 1) {
            arguments.pointer(parts.get(0)).pointer(null).pointer(null).pointer(null);
        } else {
            arguments.pointer(null);
            parts.forEach(arguments::pointer);
        }
        arguments.pointer(identity.get(0));
    }

    /** A state of a step that starts at the slot's first sample. */
    DeviceMemory state() {
        return zero;
    }
}
