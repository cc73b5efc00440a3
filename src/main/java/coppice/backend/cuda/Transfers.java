package coppice.backend.cuda;

import java.nio.ByteBuffer;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import org.jspecify.annotations.Nullable;

/**
 * Copies of arrays through page-locked memory, piece by piece: while one piece is under way the host fills or empties
 * another. Ordered with what the device's stream does.
 */
final class Transfers {
    /** Small, so that the first piece goes off while the host copies the second. */
    private static final int UPLOAD_PIECE = 1 << 20; // of 4 bytes

    /** Great, as two pieces are all that comes down before it is asked for. */
    private static final int DOWNLOAD_PIECE = 1 << 24; // of 4 bytes

    private final Device device;
    private final Slot[] up = {new Slot(), new Slot()};
    private final Slot[] down = {new Slot(), new Slot()};
    private int nextUp;
    private @Nullable DeviceMemory expected;

    Transfers(Device device) {
        this.device = device;
    }

    /** Page-locked memory for one piece, and when its copy is done. */
    private final class Slot {
        private @Nullable PinnedMemory memory;
        private @Nullable CUevent done;

        /** Makes it large enough for a number of 4-byte elements. */
        PinnedMemory reserve(int count) {
            PinnedMemory known = memory;
            if (known != null && known.bytes() >= 4L * count) {
                return known;
            }
            if (known != null) {
                await();
                memory = null;
                device.free(known);
            }
            known = device.pinned(4L * count, "transfers");
            memory = known;
            return known;
        }

        void started() {
            CUevent event = done == null ? device.event() : done;
            done = event;
            device.record(event, device.stream());
        }

        void await() {
            if (done != null) {
                device.synchronize(done);
            }
        }
    }

    /** Writes part of an array into a piece. */
    private interface Filler {
        void fill(ByteBuffer piece, int from, int count);
    }

    /** Writes an array to the device; returns as soon as the array is no longer needed. */
    void upload(DeviceMemory to, int[] content) {
        upload(to, content.length, (piece, from, count) -> piece.asIntBuffer().put(content, from, count));
    }

    /** Writes an array to the device; returns as soon as the array is no longer needed. */
    void upload(DeviceMemory to, float[] content) {
        upload(to, content.length, (piece, from, count) -> piece.asFloatBuffer().put(content, from, count));
    }

    private void upload(DeviceMemory to, int length, Filler filler) {
        int count;
        for (int from = 0; from < length; from += count) {
            count = Math.min(UPLOAD_PIECE, length - from);
            Slot slot = up[nextUp];
            nextUp = (nextUp + 1) % up.length;
            PinnedMemory memory = slot.reserve(count);
            slot.await();
            filler.fill(memory.buffer(), from, count);
            device.uploadAsync(to, 4L * from, memory.pointer(), 4L * count, device.stream());
            slot.started();
        }
    }

    /** Begins to bring what {@link #download} will be asked for next. */
    void expect(DeviceMemory from, int length) {
        expected = null;
        for (int piece = 0; piece < Math.min(down.length, pieces(length)); piece++) {
            begin(from, length, piece);
        }
        expected = from;
    }

    /** Drops what was expected: it is about to change. */
    void forget() {
        expected = null;
    }

    /** Reads floats from the start of device memory. */
    float[] download(DeviceMemory from, int length) {
        float[] content = new float[length];
        int begun = from == expected ? down.length : 0;
        expected = null;
        for (int piece = 0; piece < pieces(length); piece++) {
            for (; begun < Math.min(pieces(length), piece + down.length); begun++) {
                begin(from, length, begun);
            }
            Slot slot = down[piece % down.length];
            int at = piece * DOWNLOAD_PIECE;
            int count = Math.min(DOWNLOAD_PIECE, length - at);
            PinnedMemory memory = slot.reserve(count);
            slot.await();
            memory.buffer().asFloatBuffer().get(content, at, count);
        }
        return content;
    }

    private static int pieces(int length) {
        return (int) (((long) length + DOWNLOAD_PIECE - 1) / DOWNLOAD_PIECE);
    }

    private void begin(DeviceMemory from, int length, int piece) {
        Slot slot = down[piece % down.length];
        int at = piece * DOWNLOAD_PIECE;
        int count = Math.min(DOWNLOAD_PIECE, length - at);
        Pointer to = slot.reserve(count).pointer();
        device.downloadAsync(to, from, 4L * at, 4L * count, device.stream());
        slot.started();
    }
}
