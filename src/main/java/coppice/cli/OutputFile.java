package coppice.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** A file that a command is to write. */
final class OutputFile {
    private OutputFile() {}

    /** The file an option names, in a directory that exists. */
    static Path of(String option, String name) {
        Path file = Path.of(name);
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory) || Files.isDirectory(file)) {
            throw new UsageException(option + " must be a file in a directory that exists but was '" + name + "'");
        }
        return file;
    }
}
