package coppice.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;

/** A piece of page-locked host memory, which copies may be queued from and to; {@link Device} owns it. */
final class PinnedMemory {
    private final Pointer pointer;
    private final long bytes;
    private final ByteBuffer buffer;

    PinnedMemory(Pointer pointer, long bytes) {
        this.pointer = pointer;
        this.bytes = bytes;
        this.buffer = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }

    /** The pointer that JCuda's calls take. */
    Pointer pointer() {
        return pointer;
    }

    long bytes() {
        return bytes;
    }

    /** All of it, position 0; not to be used once it was given back. */
    ByteBuffer buffer() {
        return buffer;
    }
}
