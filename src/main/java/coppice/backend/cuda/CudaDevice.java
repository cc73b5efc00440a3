package coppice.backend.cuda;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A GPU.
 *
 * @param index among those that CUDA shows to this process
 * @param name as NVIDIA's driver gives it
 * @param major of its compute capability
 * @param minor of its compute capability
 * @param totalBytes its memory
 * @param freeBytes what of it is free; empty where the GPU would not say, as when another process holds it alone
 */
public record CudaDevice(int index, String name, int major, int minor, long totalBytes, OptionalLong freeBytes) {
    private static final int NEEDED_MAJOR = 7;
    private static final int NEEDED_MINOR = 5;

    /** As NVIDIA writes it, {@code 9.0}. */
    public String computeCapability() {
        return major + "." + minor;
    }

    /** Why it cannot be used, in one line; null if it can. */
    public @Nullable String fault() {
        if (major > NEEDED_MAJOR || (major == NEEDED_MAJOR && minor >= NEEDED_MINOR)) {
            return null;
        }
        return "GPU " + index + " (" + name + ") has compute capability " + computeCapability() + ", and "
                + NEEDED_MAJOR + "." + NEEDED_MINOR + " is needed (Turing, 2018, or newer)";
    }
}
