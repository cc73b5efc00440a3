package coppice.backend.cuda;

import coppice.backend.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * The struct that a kernel is given (kernels/arguments.cuh), field by field in its order.
 *
 * <p>One struct in one direct buffer, used again for every launch: the driver copies it, and JCuda looks at one pointer
 * in place of one for each argument.
 */
final class Arguments {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(512).order(ByteOrder.nativeOrder());
    private final Pointer pointers = Pointer.to(Pointer.to(buffer));

    Pointer pointers() {
        return pointers;
    }

    Arguments clear() {
        buffer.clear();
        return this;
    }

    Arguments pointer(@Nullable DeviceMemory memory) {
        return wide(memory == null ? 0 : memory.address());
    }

    Arguments wide(long value) {
        buffer.putLong(value);
        return this;
    }

    Arguments integer(int value) {
        buffer.putInt(value);
        return this;
    }

    Arguments integer(boolean value) {
        return integer(value ? 1 : 0);
    }

    Arguments number(float value) {
        buffer.putFloat(value);
        return this;
    }

    /** Writes the struct WindowArguments. */
    Arguments window(Window window) {
        return integer(window.channels())
                .integer(window.height())
                .integer(window.width())
                .integer(window.kernel())
                .integer(window.stride())
                .integer(window.top())
                .integer(window.left())
                .integer(window.outHeight())
                .integer(window.outWidth());
    }
}
