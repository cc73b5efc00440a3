package coppice.backend.cuda;

import java.nio.file.Path;

/** Stand-ins for cuSPARSE and cuBLAS 12 that compute on the simulated driver's memory (src/test/native/libraries). */
public final class SimulatedLibraries {
    /** Both libraries. */
    static final ProductLibraries BOTH = new ProductLibraries(true, true, false);

    private SimulatedLibraries() {}

    /** The folder of the stand-ins of a version of CUDA. */
    public static Path folder(int major) {
        return Path.of("target", "native", SimulatedCuda.sanitized() ? "sanitized" : ".", "cuda" + major)
                .normalize()
                .toAbsolutePath();
    }

    /** Loads driver and libraries, once a JVM, and resets the driver. */
    public static void load() {
        SimulatedCuda.load();
        String before = System.getProperty(LibrarySearch.PROPERTY);
        System.setProperty(LibrarySearch.PROPERTY, folder(12).toString());
        try {
            requireOurs(NativeLibraries.cusparse());
            requireOurs(NativeLibraries.cublas());
        } finally {
            if (before == null) {
                System.clearProperty(LibrarySearch.PROPERTY);
            } else {
                System.setProperty(LibrarySearch.PROPERTY, before);
            }
        }
    }

    private static void requireOurs(NativeLibrary library) {
        if (!String.valueOf(library.require().file()).startsWith(folder(12).toString())) {
            throw new IllegalStateException("another " + library.name() + " was loaded: " + library.file());
        }
    }
}
