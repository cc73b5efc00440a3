package coppice.data;

import coppice.MalformedDataException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** A file to read a data set from, decompressed on the way if it is gzip. */
final class DataFile {
    private static final int HEAD_BYTES = 1 << 16;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path path;
    private final Opener opener;
    private final long storedBytes;
    private final boolean gzip;
    private final byte[] head;

    /** Opens the stored bytes from the first one. */
    interface Opener {
        InputStream open() throws IOException;
    }

    private DataFile(Path path, Opener opener, long storedBytes) {
        this.path = path;
        this.opener = opener;
        this.storedBytes = storedBytes;
        try (InputStream in = opener.open()) {
            this.gzip = in.read() == 0x1f && in.read() == 0x8b;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        try (ByteSource source = open()) {
            this.head = source.readUpTo(HEAD_BYTES);
        }
        if (head.length == 0) {
            throw MalformedDataException.inFile(path, "is empty");
        }
    }

    /** A file on disk, which must exist and be a regular file with content. */
    static DataFile at(Path path) {
        if (!Files.exists(path)) {
            throw MalformedDataException.inFile(path, "no such file");
        }
        if (Files.isDirectory(path)) {
            throw MalformedDataException.inFile(path, "is a directory, expected a file");
        }
        if (!Files.isRegularFile(path)) {
            throw MalformedDataException.inFile(
                    path, "is not a regular file, which is needed to read it more than once");
        }
        try {
            return new DataFile(path, () -> Files.newInputStream(path), Files.size(path));
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /** Bytes in memory under a name. */
    static DataFile inMemory(String name, byte[] bytes) {
        return new DataFile(Path.of(name), () -> new ByteArrayInputStream(bytes), bytes.length);
    }

    Path path() {
        return path;
    }

    /** The file's name in lower case without {@code .gz}. */
    String name() {
        Path last = path.getFileName();
        String name = last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }

    /** The first bytes after decompression, at most 65,536. */
    byte[] head() {
        return head;
    }

    /** Whether the bytes after decompression start with {@code signature} at {@code offset}. */
    boolean hasSignature(int offset, String signature) {
        byte[] bytes = signature.getBytes(StandardCharsets.ISO_8859_1);
        if (offset + bytes.length > head.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (head[offset + i] != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether the file starts like text: no zero byte. */
    boolean isText() {
        for (byte b : head) {
            if (b == 0) {
                return false;
            }
        }
        return true;
    }

    /** Number of bytes after decompression, or -1 where only reading tells. */
    long size() {
        return gzip ? -1 : storedBytes;
    }

    boolean isGzip() {
        return gzip;
    }

    /** Opens the bytes as stored. */
    InputStream openStored() throws IOException {
        return opener.open();
    }

    /** Opens the bytes after decompression. */
    ByteSource open() {
        try {
            InputStream in = opener.open();
            try {
                return new ByteSource(path, gzip ? new GZIPInputStream(in, BUFFER_BYTES) : in, size());
            } catch (IOException e) {
                in.close();
                throw e;
            }
        } catch (IOException e) {
            throw gzip
                    ? MalformedDataException.atOffset(path, 0, "gzip stream is truncated or corrupt")
                    : unreadable(path, e);
        }
    }

    /** Opens the characters after decompression, past a byte order mark; ill-formed UTF-8 is an IOException. */
    BufferedReader openText() throws IOException {
        PushbackInputStream in = new PushbackInputStream(open(), 3);
        byte[] mark = in.readNBytes(3);
        boolean marked = mark.length == 3 && mark[0] == (byte) 0xEF && mark[1] == (byte) 0xBB && mark[2] == (byte) 0xBF;
        if (!marked) {
            in.unread(mark);
        }
        return new BufferedReader(
                new InputStreamReader(
                        in,
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)),
                BUFFER_BYTES);
    }

    static MalformedDataException unreadable(Path path, IOException cause) {
        String detail = cause.getMessage();
        String kind = cause.getClass().getSimpleName();
        return MalformedDataException.inFile(
                path,
                "cannot be read: " + (detail == null || detail.equals(path.toString()) ? kind : kind + " " + detail));
    }
}
