package coppice.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The directory of one run, locked from open to close so that two runs never share it.
 *
 * <p>The lock is the operating system's and ends with the process, however that ends. The empty {@code run.lock} stays
 * behind: deleting it would let a third process lock a new file while a second still waits on the old one.
 */
public final class RunDirectory implements AutoCloseable {
    private static final String LOCK_NAME = "run.lock";
    /**
     * The directories held by this process. POSIX drops a process's lock on a file as soon as it closes any descriptor
     * of it, so a second open must be refused before it touches the lock file.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final Path key;
    private final FileChannel lockFile;

    private RunDirectory(Path directory, Path key, FileChannel lockFile) {
        this.directory = directory;
        this.key = key;
        this.lockFile = lockFile;
    }

    /**
     * Creates and locks a run directory and clears away what a killed writer left half-written.
     *
     * @param resume whether to accept a directory that already holds something; a new run starts where it does not
     */
    public static RunDirectory open(Path directory, boolean resume) throws IOException {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new RunDirectoryException(directory + " must be a directory but is a file");
        }
        Files.createDirectories(directory);
        requireFree(directory, resume);
        RunDirectory run = lock(directory);
        try {
            requireFree(directory, resume); // again: another run may have come and gone before the lock was ours
            AtomicFile.deleteTemporaries(directory);
            return run;
        } catch (IOException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /** The directory itself, as it was given. */
    public Path path() {
        return directory;
    }

    /** {@code run.json}, see {@link RunManifest}. */
    public Path manifest() {
        return directory.resolve("run.json");
    }

    /** {@code metrics.jsonl}, see {@link MetricsLog}. */
    public Path metrics() {
        return directory.resolve("metrics.jsonl");
    }

    /** {@code result.json}, written when the run ends. */
    public Path result() {
        return directory.resolve("result.json");
    }

    /** {@code last.safetensors}, the newest checkpoint. */
    public Path last() {
        return directory.resolve("last.safetensors");
    }

    /** {@code best.safetensors}, the checkpoint with the best test accuracy. */
    public Path best() {
        return directory.resolve("best.safetensors");
    }

    /** {@code train.log}, what the run reported. */
    public Path log() {
        return directory.resolve("train.log");
    }

    /** {@code tensorboard}, a directory of event files, see {@link EventFile}. */
    public Path tensorboard() {
        return directory.resolve("tensorboard");
    }

    /** Whether there is a checkpoint to resume from. */
    public boolean hasCheckpoint() {
        return Files.exists(last());
    }

    /**
     * Makes the best checkpoint what the last one is now, atomically.
     *
     * <p>A hard link costs no space. It keeps these bytes, because a later checkpoint replaces {@link #last} by a
     * rename and never writes into it. Where the file system has no links the content is copied.
     */
    public void linkBest() throws IOException {
        Path temporary = AtomicFile.temporaryBeside(best());
        try {
            Files.createLink(temporary, last());
        } catch (UnsupportedOperationException | IOException noLinks) {
            copyBest();
            return;
        }
        try {
            AtomicFile.rename(temporary, best());
        } finally {
            // rename(2) leaves both names in place where they are links to one file already.
            Files.deleteIfExists(temporary);
        }
    }

    /** Releases the directory; closing twice does no harm. */
    @Override
    public void close() throws IOException {
        if (lockFile.isOpen()) {
            try {
                lockFile.close();
            } finally {
                HELD.remove(key);
            }
        }
    }

    /** The fallback of {@link #linkBest}. */
    void copyBest() throws IOException {
        try (FileChannel source = FileChannel.open(last())) {
            AtomicFile.write(best(), target -> {
                long size = source.size();
                for (long done = 0; done < size; ) {
                    done += source.transferTo(done, size - done, target);
                }
            });
        }
    }

    private static RunDirectory lock(Path directory) throws IOException {
        Path key = directory.toRealPath();
        if (!HELD.add(key)) {
            throw inUse(directory);
        }
        FileChannel lockFile = null;
        try {
            lockFile =
                    FileChannel.open(directory.resolve(LOCK_NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!tryLock(lockFile, directory)) {
                throw inUse(directory);
            }
            return new RunDirectory(directory, key, lockFile);
        } catch (IOException | RuntimeException e) {
            HELD.remove(key);
            if (lockFile != null) {
                lockFile.close();
            }
            throw e;
        }
    }

    private static boolean tryLock(FileChannel lockFile, Path directory) throws IOException {
        try {
            FileLock lock = lockFile.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            throw new RunDirectoryException(
                    directory + " cannot be locked (" + e.getMessage() + "); choose an --out that supports file locks",
                    e);
        }
    }

    private static void requireFree(Path directory, boolean resume) throws IOException {
        if (!resume && holdsFiles(directory)) {
            throw new RunDirectoryException(
                    directory + " already holds a run; give --resume to continue it or choose another --out");
        }
    }

    /** Whether there is more than what a run leaves that was killed before its first file. */
    private static boolean holdsFiles(Path directory) throws IOException {
        DirectoryStream.Filter<Path> filter = file -> !file.endsWith(LOCK_NAME) && !AtomicFile.isTemporary(file);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, filter)) {
            return files.iterator().hasNext();
        }
    }

    private static RunDirectoryException inUse(Path directory) {
        return new RunDirectoryException(directory + " is in use by another run");
    }
}
