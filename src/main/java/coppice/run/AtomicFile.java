package coppice.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Replaces a file as a whole: temporary file beside it, fsync, rename, fsync of the directory.
 *
 * <p>A kill at any instant leaves the previous content or the new one, never half. It may also leave a temporary file,
 * which {@link #deleteTemporaries} recognises by its name.
 *
 * <p>A symbolic link stays one: the file it leads to is replaced. What is no file of bytes, as a terminal, a pipe or
 * {@code /dev/stdout}, is never replaced but written to as it is.
 */
public final class AtomicFile {
    private static final Pattern TEMPORARY_NAME = Pattern.compile("\\..+\\.[0-9]+-[0-9]+\\.tmp");
    private static final AtomicLong COUNTER = new AtomicLong();
    private static final int MOST_LINKS = 40; // as Linux follows

    private AtomicFile() {}

    /** Writes the content of one file. */
    @FunctionalInterface
    public interface Body {
        /** Writes everything to {@code channel}, which starts empty and stays the caller's to close. */
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Replaces {@code file} by what {@code body} writes; if that throws, {@code file} stays as it was. */
    public static void write(Path file, Body body) throws IOException {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    body.writeTo(channel);
                }
            } else {
                replace(linked(file), body);
            }
        } catch (IOException e) {
            if (e.getClass() == IOException.class) { // the system's word, as of a full disk, which names no file
                throw (IOException) new FileSystemException(file.toString(), null, e.getMessage()).initCause(e);
            }
            throw e;
        }
    }

    private static void replace(Path target, Body body) throws IOException {
        Path temporary = temporaryBeside(target);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                body.writeTo(channel);
                channel.force(true);
            }
            rename(temporary, target);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Replaces {@code target} by {@code content}. */
    public static void write(Path target, byte[] content) throws IOException {
        write(target, channel -> writeFully(channel, ByteBuffer.wrap(content)));
    }

    /** Writes all that remains in {@code bytes}: normally one call, more where the system takes less at a time. */
    public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** An unused temporary name; the process id keeps writers apart that share a directory. */
    static Path temporaryBeside(Path target) {
        String prefix =
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + "-";
        Path temporary;
        do {
            temporary = target.resolveSibling(prefix + COUNTER.getAndIncrement() + ".tmp");
        } while (Files.exists(temporary));
        return temporary;
    }

    /** Where a chain of symbolic links ends, whether or not there is a file yet. */
    private static Path linked(Path file) throws IOException {
        Path end = file;
        for (int hop = 0; Files.isSymbolicLink(end); hop++) {
            if (hop == MOST_LINKS) {
                throw new FileSystemLoopException(file.toString());
            }
            end = end.resolveSibling(Files.readSymbolicLink(end));
        }
        return end;
    }

    /** Gives a finished temporary file its name and makes the new directory entry durable. */
    static void rename(Path temporary, Path target) throws IOException {
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        Path directory = target.toAbsolutePath().getParent();
        if (directory != null) {
            syncDirectory(directory);
        }
    }

    static boolean isTemporary(Path file) {
        return TEMPORARY_NAME.matcher(String.valueOf(file.getFileName())).matches();
    }

    /** Removes what killed writers left in {@code directory}; only for a directory that nobody else writes to. */
    static void deleteTemporaries(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, AtomicFile::isTemporary)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static void syncDirectory(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException unsupported) {
            // Windows and some network file systems cannot sync a directory. The file itself is synced and complete
            // under its new name; only the moment at which the name becomes durable is then the file system's choice.
            return;
        }
    }
}
