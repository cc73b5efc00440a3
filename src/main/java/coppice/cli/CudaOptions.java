package coppice.cli;

import coppice.backend.cuda.LibrarySearch;
import coppice.backend.cuda.ProductLibraries;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The options of the CUDA backend: where NVIDIA's libraries are, what they are used for, and how much memory data sets
 * may take.
 */
final class CudaOptions {
    static final String NAME = "cuda-lib";

    static final String DATA_MEMORY = "data-memory";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([KMG]?)");

    private CudaOptions() {}

    /** The bytes that data sets may take on the GPU; all that are free where nothing, or auto, was given. */
    static long dataMemory(@Nullable String size) {
        if (size == null || size.equals("auto")) {
            return Long.MAX_VALUE;
        }
        Matcher parts = SIZE.matcher(size);
        if (!parts.matches()) {
            throw new UsageException(DATA_MEMORY + " must be auto, or a number of bytes with K, M or G behind it, as "
                    + "800M, but was '" + size + "'");
        }
        int unit = parts.group(2).isEmpty() ? 0 : "KMG".indexOf(parts.group(2)) + 1;
        return Long.parseLong(parts.group(1)) << (10 * unit);
    }

    static CommandOption option() {
        return CommandOption.value(NAME, "DIR", "where NVIDIA's libraries are, before all other places");
    }

    /** Makes known what was given: libraries are loaded once for the whole process, so it holds for all of it. */
    static void use(@Nullable String folders) {
        if (folders == null) {
            return;
        }
        for (String folder : folders.split(Pattern.quote(File.pathSeparator), -1)) {
            if (!isFolder(folder)) {
                throw new UsageException(NAME + " must be a folder, or several separated by '" + File.pathSeparator
                        + "', but there is no folder '" + folder + "'");
            }
        }
        System.setProperty(LibrarySearch.PROPERTY, folders);
    }

    /**
     * Which products are left to libraries.
     *
     * @param backend for which they are asked
     * @param spmm exact or cusparse
     * @param gemm exact or cublas
     */
    static ProductLibraries products(String backend, String spmm, String gemm, boolean tf32) {
        boolean cusparse = isLibrary("spmm", spmm, "cusparse", backend);
        boolean cublas = isLibrary("gemm", gemm, "cublas", backend);
        if (tf32 && !cublas) {
            throw new UsageException("tf32 needs --gemm cublas");
        }
        return new ProductLibraries(cusparse, cublas, tf32);
    }

    private static boolean isLibrary(String option, String value, String library, String backend) {
        if (!value.equals("exact") && !value.equals(library)) {
            throw new UsageException(option + " must be exact or " + library + " but was '" + value + "'");
        }
        if (value.equals(library) && !backend.equals("cuda")) {
            throw new UsageException("--" + option + " " + library + " needs --backend cuda");
        }
        return value.equals(library);
    }

    private static boolean isFolder(String name) {
        try {
            return !name.isEmpty() && Files.isDirectory(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
