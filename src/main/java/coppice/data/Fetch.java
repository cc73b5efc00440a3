package coppice.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Brings the files of a data set into a directory.
 *
 * <p>Files are made in a directory of their own beside the target, checked, forced to disk and only then renamed, so
 * that a name always stands for the whole file, also when two fetches run at once.
 */
final class Fetch {
    private static final int BLOCK_BYTES = 1 << 16;

    private final CatalogueEntry entry;
    private final List<FetchSource> sources;
    private final FetchListener listener;

    Fetch(CatalogueEntry entry, List<FetchSource> sources, FetchListener listener) {
        this.entry = entry;
        this.sources = sources;
        this.listener = listener;
    }

    /** Whether anything had to be fetched. */
    boolean into(Path dataDirectory) throws IOException {
        Path target = dataDirectory.resolve(entry.name());
        List<CatalogueEntry.Item> wanted = new ArrayList<>();
        for (CatalogueEntry.Item item : entry.files()) {
            if (!isThere(target.resolve(item.name()), item) && !isThere(target.resolve(item.name() + ".gz"), item)) {
                wanted.add(item);
            }
        }
        if (wanted.isEmpty()) {
            return false;
        }
        Files.createDirectories(target);
        List<String> failures = new ArrayList<>();
        for (FetchSource source : sources) {
            Path workshop = Files.createTempDirectory(target, ".fetch-");
            try {
                bring(source, wanted, workshop, target);
                return true;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("the fetch was interrupted");
            } catch (IOException e) {
                String reason = source.describe() + ": " + oneLine(e);
                failures.add(reason);
                listener.sourceFailed(reason);
            } finally {
                delete(workshop);
            }
        }
        throw new IOException("data set '" + entry.name() + "' could not be fetched: " + String.join("; ", failures));
    }

    private void bring(FetchSource source, List<CatalogueEntry.Item> wanted, Path workshop, Path target)
            throws IOException, InterruptedException {
        Path raw = Files.createDirectory(workshop.resolve("raw"));
        source.fetch(wanted, raw, listener);
        for (CatalogueEntry.Item item : wanted) {
            Path arrived = raw.resolve(item.name());
            if (!Files.isRegularFile(arrived)) {
                throw new IOException(item.name() + " is not among what it gave");
            }
            unpack(arrived, workshop.resolve(item.name()), item);
        }
        // All files are good: only now does the first one get its name.
        for (CatalogueEntry.Item item : wanted) {
            Files.move(
                    workshop.resolve(item.name()),
                    target.resolve(item.name()),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }
        forceDirectory(target);
    }

    private static boolean isThere(Path file, CatalogueEntry.Item item) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = open(file)) {
            MessageDigest digest = Sha256.digest();
            byte[] block = new byte[BLOCK_BYTES];
            long bytes = 0;
            for (int count = in.read(block); count >= 0 && bytes <= item.bytes(); count = in.read(block)) {
                digest.update(block, 0, count);
                bytes += count;
            }
            return Sha256.hex(digest).equals(item.sha256());
        } catch (EOFException | java.util.zip.ZipException e) {
            return false; // a damaged compressed file is as good as none and is replaced
        }
    }

    private static void unpack(Path arrived, Path unpacked, CatalogueEntry.Item item) throws IOException {
        MessageDigest digest = Sha256.digest();
        long bytes = 0;
        try (InputStream in = open(arrived);
                FileChannel out = FileChannel.open(unpacked, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            byte[] block = new byte[BLOCK_BYTES];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                bytes += count;
                if (bytes > item.bytes()) {
                    throw new IOException(item.name() + " has more than the expected " + item.bytes() + " bytes");
                }
                digest.update(block, 0, count);
                ByteBuffer rest = ByteBuffer.wrap(block, 0, count);
                while (rest.hasRemaining()) {
                    out.write(rest);
                }
            }
            out.force(true);
        } catch (EOFException e) {
            throw new IOException(item.name() + " is truncated", e);
        }
        if (bytes != item.bytes()) {
            throw new IOException(item.name() + " has " + bytes + " bytes; expected " + item.bytes());
        }
        String found = Sha256.hex(digest);
        if (!found.equals(item.sha256())) {
            throw new IOException(item.name() + " has SHA-256 " + found + "; expected " + item.sha256());
        }
    }

    private static InputStream open(Path file) throws IOException {
        boolean gzip;
        try (InputStream in = Files.newInputStream(file)) {
            gzip = in.read() == 0x1f && in.read() == 0x8b;
        }
        InputStream in = Files.newInputStream(file);
        try {
            return gzip ? new GZIPInputStream(in, BLOCK_BYTES) : in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /** Makes the renames last; file systems that cannot force a directory do without. */
    private static void forceDirectory(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            return;
        }
    }

    private static void delete(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, java.io.IOException fault) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String oneLine(IOException e) {
        String message = e.getMessage();
        String text = message == null ? e.getClass().getSimpleName() : message.replaceAll("\\s+", " ");
        return text.strip();
    }
}
