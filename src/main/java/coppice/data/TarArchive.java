package coppice.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Takes named members out of a tar stream; paths in the archive are compared and never used as paths on disk. */
final class TarArchive {
    private static final int BLOCK_BYTES = 512;

    private TarArchive() {}

    /**
     * Writes each wanted file into a directory under its own name.
     *
     * @param tar the archive, uncompressed
     * @param member path of each file in the archive with <code>{file}</code> for its name
     * @param files what is wanted
     * @param directory where to
     */
    static void extract(InputStream tar, String member, List<CatalogueEntry.Item> files, Path directory)
            throws IOException {
        Map<String, CatalogueEntry.Item> wanted = new HashMap<>();
        files.forEach(file -> wanted.put(member.replace("{file}", file.name()), file));
        while (!wanted.isEmpty()) {
            byte[] header = tar.readNBytes(BLOCK_BYTES);
            if (header.length < BLOCK_BYTES || header[0] == 0) {
                throw new IOException("the archive lacks " + String.join(", ", wanted.keySet()));
            }
            long size = size(header);
            String path = text(header, 0, 100);
            CatalogueEntry.Item file = wanted.remove(path.startsWith("./") ? path.substring(2) : path);
            if (file == null) {
                tar.skipNBytes(padded(size));
                continue;
            }
            if (size > file.bytes()) {
                throw new IOException(file.name() + " has " + size + " bytes; expected at most " + file.bytes());
            }
            try (OutputStream out = Files.newOutputStream(directory.resolve(file.name()))) {
                copy(tar, out, size);
            }
            tar.skipNBytes(padded(size) - size);
        }
    }

    private static void copy(InputStream in, OutputStream out, long size) throws IOException {
        byte[] block = new byte[1 << 16];
        long left = size;
        while (left > 0) {
            int count = in.read(block, 0, (int) Math.min(block.length, left));
            if (count < 0) {
                throw new EOFException("the archive is truncated");
            }
            out.write(block, 0, count);
            left -= count;
        }
    }

    private static long padded(long size) {
        return (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    }

    private static long size(byte[] header) throws IOException {
        String octal = text(header, 124, 12).strip();
        if (!octal.matches("[0-7]{1,11}")) {
            throw new IOException("the archive has a member of unreadable size");
        }
        return Long.parseLong(octal, 8);
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) {
            end++;
        }
        return new String(header, from, end - from, StandardCharsets.ISO_8859_1);
    }
}
