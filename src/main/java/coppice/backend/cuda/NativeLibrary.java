package coppice.backend.cuda;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What came of loading one of NVIDIA's libraries.
 *
 * @param name as NVIDIA writes it
 * @param version as the library tells it; null where it is off, and for the driver, which {@link CudaDevices} asks
 * @param file that was loaded; null where it is off or the system's loader chose the file
 * @param reason why it is off, in one line; null where it is loaded
 */
public record NativeLibrary(
        String name,
        @Nullable String version,
        @Nullable Path file,
        @Nullable String reason) {
    /** Whether its functions may be called. */
    public boolean available() {
        return reason == null;
    }

    /**
     * This, if it is loaded.
     *
     * @throws CudaUnavailableException if it is off
     */
    public NativeLibrary require() {
        if (reason != null) {
            throw new CudaUnavailableException(reason);
        }
        return this;
    }

    static NativeLibrary off(String name, String reason) {
        return new NativeLibrary(name, null, null, reason);
    }
}
