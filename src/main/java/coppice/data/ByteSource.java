package coppice.data;

import coppice.MalformedDataException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * A stream that knows its file and position, so that every fault is reported with both.
 *
 * <p>Its methods throw {@link MalformedDataException} instead of {@link IOException}, and never allocate more than the
 * file has been seen to hold.
 */
final class ByteSource extends InputStream {
    private static final int FIRST_CHUNK = 1 << 20;

    private final Path path;
    private final String member;
    private final InputStream in;
    private final long size; // -1 if unknown
    private long position;

    ByteSource(Path path, InputStream in, long size) {
        this(path, "", in, size);
    }

    /**
     * A part of a file.
     *
     * @param member its name in the file, empty for the whole file; positions count from its start
     * @param size the most bytes there can be, -1 if unknown
     */
    ByteSource(Path path, String member, InputStream in, long size) {
        this.path = path;
        this.member = member;
        this.in = in;
        this.size = size;
    }

    Path path() {
        return path;
    }

    /** Number of bytes read so far. */
    long position() {
        return position;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        try {
            int count = in.read(bytes, offset, length);
            position += Math.max(0, count);
            return count;
        } catch (EOFException | ZipException e) {
            throw malformed((member.isEmpty() ? "gzip stream is" : "compressed data are")
                    + " truncated or corrupt (offset counts decompressed bytes)");
        } catch (IOException e) {
            throw DataFile.unreadable(path, e);
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until {@code limit} bytes or the end. */
    byte[] readUpTo(int limit) {
        byte[] bytes = new byte[Math.min(limit, 1 << 12)];
        int count = 0;
        while (count < limit) {
            if (count == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(limit, 2 * count));
            }
            int got = read(bytes, count, bytes.length - count);
            if (got < 0) {
                break;
            }
            count += got;
        }
        return Arrays.copyOf(bytes, count);
    }

    /** Fails now if the file is known to be too short for {@code count} more bytes. */
    void requireRemaining(long count, String what) {
        if (size >= 0 && count > size - position) {
            throw malformed("expected " + count + " bytes of " + what + " but only " + (size - position) + " are left");
        }
    }

    /** Reads exactly {@code count} bytes. */
    byte[] readExactly(long count, String what) {
        requireRemaining(count, what);
        if (count > Capacity.MAX) {
            throw malformed("states " + count + " bytes of " + what + ", more than the " + Capacity.MAX + " supported");
        }
        byte[] bytes = new byte[(int) (size >= 0 ? count : Math.min(count, FIRST_CHUNK))];
        int filled = 0;
        while (filled < count) {
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(count, 2L * filled));
            }
            int got = read(bytes, filled, bytes.length - filled);
            if (got < 0) {
                throw malformed("expected " + count + " bytes of " + what + " but the data end after " + filled);
            }
            filled += got;
        }
        return bytes;
    }

    /** The same with {@code count} bytes that are sure to be there: read already where the size is unknown. */
    ByteSource requiring(long count, String what) {
        requireRemaining(count, what);
        if (size >= 0) {
            return this;
        }
        byte[] bytes = readExactly(count, what);
        expectEnd(what);
        return new ByteSource(path, member, new ByteArrayInputStream(bytes), count);
    }

    /** Fails unless the data end here; for gzip this also checks the checksum. */
    void expectEnd(String after) {
        long end = position;
        if (read() >= 0) {
            position = end;
            throw malformed("expected the end after " + after);
        }
    }

    /** A fault at the current position. */
    MalformedDataException malformed(String reason) {
        return MalformedDataException.atOffset(path, position, member.isEmpty() ? reason : member + ": " + reason);
    }
}
