package coppice.backend.cuda;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.function.BiFunction;
import jcuda.jcublas.JCublas2;
import jcuda.jcusparse.JCusparse;
import jcuda.libraryPropertyType;
import org.jspecify.annotations.Nullable;

/**
 * Loads NVIDIA's driver library, cuSPARSE and cuBLAS, and JCuda's classes for them.
 *
 * <p>A library loaded by its path satisfies every later request for its name, so neither {@code LD_LIBRARY_PATH} nor
 * the version that JCuda was linked with matters: cuBLAS 13 has the functions of cuBLAS 12, and JCuda's library is
 * made to ask for it. What has been loaded stays for the life of the JVM; what failed is tried again when asked for
 * again.
 *
 * <p>No class of JCuda's may be touched before the method here has returned an available library. All methods may be
 * called from any thread.
 */
public final class NativeLibraries {
    private static final String NVIDIA_LIBRARIES =
            "install CUDA 12 or 13 with it, or name its folder with --cuda-lib (docs/gpu.md)";
    private static final Product DRIVER = new Product(
            "NVIDIA driver",
            new JcudaNative("JCudaDriver", "jcuda.driver.JCudaDriver", "libcuda.so.1"),
            List.of("libcuda.so.1"),
            "install the NVIDIA driver, 525 or newer (docs/gpu.md)");
    private static final Product CUSPARSE = new Product(
            "cuSPARSE",
            new JcudaNative("JCusparse", "jcuda.jcusparse.JCusparse", "libcusparse.so.12"),
            List.of("libcusparse.so.12"),
            NVIDIA_LIBRARIES);
    private static final Product CUBLAS = new Product(
            "cuBLAS",
            new JcudaNative("JCublas2", "jcuda.jcublas.JCublas2", "libcublas.so.12"),
            List.of("libcublas.so.12", "libcublas.so.13"),
            NVIDIA_LIBRARIES);
    /** Beginnings of the names of what these libraries need of each other. */
    private static final List<String> COMPANIONS = List.of("libcublasLt.", "libnvJitLink.");

    private static final Map<Product, NativeLibrary> LOADED = new HashMap<>();

    /**
     * What is loaded together.
     *
     * @param name for messages
     * @param binding JCuda's part
     * @param sonames file names of NVIDIA's part, the one that JCuda was linked with first
     * @param advice how to get it
     */
    private record Product(String name, JcudaNative binding, List<String> sonames, String advice) {}

    private NativeLibraries() {}

    /** The driver's library; after it {@code JCudaDriver} may be used. */
    public static NativeLibrary driver() {
        return load(DRIVER, (search, faults) -> {
            // The system knows its driver; one that the user names, or that is loaded already, goes before.
            NativeLibrary found = tryFiles(DRIVER, search, search.findNamed(DRIVER.sonames), faults);
            if (found == null) {
                found = tryNames(DRIVER, faults);
            }
            return found != null ? found : tryFiles(DRIVER, search, search.find(DRIVER.sonames), faults);
        });
    }

    /** cuSPARSE 12, which CUDA 12 and 13 both have; after it {@code JCusparse} may be used. */
    public static NativeLibrary cusparse() {
        return load(CUSPARSE, (search, faults) -> {
            NativeLibrary found = tryFiles(CUSPARSE, search, search.find(CUSPARSE.sonames), faults);
            return found != null ? found : tryNames(CUSPARSE, faults);
        });
    }

    /** cuBLAS 12 or 13; after it {@code JCublas2} may be used. */
    public static NativeLibrary cublas() {
        return load(CUBLAS, (search, faults) -> {
            NativeLibrary found = tryFiles(CUBLAS, search, search.find(CUBLAS.sonames), faults);
            return found != null ? found : tryNames(CUBLAS, faults);
        });
    }

    private static NativeLibrary load(
            Product product, BiFunction<LibrarySearch, List<String>, @Nullable NativeLibrary> attempts) {
        synchronized (LOADED) {
            NativeLibrary loaded = LOADED.get(product);
            if (loaded != null) {
                return loaded;
            }
            String platform = platform();
            if (!platform.equals("linux x86_64")) {
                return NativeLibrary.off(product.name, "CUDA needs Linux on x86_64, and this is " + platform);
            }
            LibrarySearch search = LibrarySearch.here();
            List<String> faults = new ArrayList<>();
            loaded = attempts.apply(search, faults);
            if (loaded == null) {
                return NativeLibrary.off(product.name, reason(product, search, faults));
            }
            LOADED.put(product, loaded);
            return loaded;
        }
    }

    /** Loads the first of the files that can be; null if none can. */
    private static @Nullable NativeLibrary tryFiles(
            Product product, LibrarySearch search, List<Path> files, List<String> faults) {
        for (Path file : files) {
            try {
                loadFile(file, search);
                product.binding.load(soname(file));
                return new NativeLibrary(product.name, version(product), file, null);
            } catch (UnsatisfiedLinkError e) {
                faults.add(JcudaNative.firstLine(e));
            } catch (CudaUnavailableException e) {
                faults.add(e.reason());
            }
        }
        return null;
    }

    /** Leaves it to the system's loader, which has folders of its own and what is loaded already; null if it fails. */
    private static @Nullable NativeLibrary tryNames(Product product, List<String> faults) {
        for (String soname : product.sonames) {
            try {
                product.binding.load(soname);
                return new NativeLibrary(product.name, version(product), null, null);
            } catch (CudaUnavailableException e) {
                // That it is not there is what the reason says anyway.
                if (!e.reason().contains(soname + ": cannot open shared object file")) {
                    faults.add(e.reason());
                }
            }
        }
        return null;
    }

    /** Loads a file, and before it what it needs of NVIDIA's: from its own folder, else from the other folders. */
    private static void loadFile(Path file, LibrarySearch search) {
        for (String name : companions(file)) {
            List<Path> files = new ArrayList<>();
            Path own = file.resolveSibling(name);
            if (own.toFile().isFile()) {
                files.add(own);
            }
            files.addAll(search.find(List.of(name)));
            for (Path companion : files) {
                try {
                    System.load(real(companion));
                    break;
                } catch (UnsatisfiedLinkError e) {
                    // The file itself will say that it lacks this one.
                }
            }
        }
        System.load(real(file));
    }

    /** What a file needs of NVIDIA's; a file that is no library is refused before the system's loader sees it. */
    private static List<String> companions(Path file) {
        try {
            return ElfFile.read(file).needed().stream()
                    .filter(name -> COMPANIONS.stream().anyMatch(name::startsWith))
                    .toList();
        } catch (IOException e) {
            throw new CudaUnavailableException("cannot read " + file + ": " + e.getMessage());
        } catch (MalformedDataException e) {
            throw new CudaUnavailableException(String.valueOf(e.getMessage()));
        }
    }

    private static String reason(Product product, LibrarySearch search, List<String> faults) {
        String names = String.join(" or ", product.sonames);
        if (!faults.isEmpty()) {
            // The first file found is the one that was meant.
            return "the " + product.name + " cannot be loaded: " + faults.get(0);
        }
        StringJoiner folders = new StringJoiner(", ", ", and it is not in ", "").setEmptyValue("");
        search.folders().forEach(folder -> folders.add(folder.toString()));
        return "no " + product.name + ": the system's loader does not know " + names + folders + "; " + product.advice;
    }

    /** The version as the library tells it; null for the driver. */
    private static @Nullable String version(Product product) {
        if (product.equals(DRIVER)) {
            return null;
        }
        StringJoiner version = new StringJoiner(".");
        for (int part : new int[] {
            libraryPropertyType.MAJOR_VERSION, libraryPropertyType.MINOR_VERSION, libraryPropertyType.PATCH_LEVEL
        }) {
            int[] value = {0};
            if (product.equals(CUSPARSE)) {
                JCusparse.cusparseGetProperty(part, value);
            } else {
                JCublas2.cublasGetProperty(part, value);
            }
            version.add(String.valueOf(value[0]));
        }
        return version.toString();
    }

    private static String platform() {
        String architecture = System.getProperty("os.arch", "");
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT) + " "
                + (architecture.equals("amd64") ? "x86_64" : architecture);
    }

    private static String soname(Path file) {
        return Objects.requireNonNull(file.getFileName()).toString();
    }

    private static String real(Path file) {
        try {
            return file.toRealPath().toString();
        } catch (IOException e) {
            return file.toAbsolutePath().toString();
        }
    }
}
