package coppice.cli;

import coppice.backend.cuda.LibrarySearch;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The option that says where NVIDIA's libraries are. */
final class CudaOptions {
    static final String NAME = "cuda-lib";

    private CudaOptions() {}

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

    private static boolean isFolder(String name) {
        try {
            return !name.isEmpty() && Files.isDirectory(Path.of(name));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
