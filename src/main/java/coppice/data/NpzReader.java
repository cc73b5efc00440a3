package coppice.data;

import coppice.MalformedDataException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Reads NumPy's NPZ files, zip archives of arrays, and the sparse matrices that scipy.sparse.save_npz writes.
 *
 * <p>The labels of a file of features alone may come as an NPY file after it.
 */
final class NpzReader implements DatasetReader {
    /** Deflate cannot make more bytes of one. */
    private static final int MAX_EXPANSION = 1032;

    private static final String EXTENSION = ".npy";

    @Override
    public boolean recognizes(DataFile file) {
        return file.hasSignature(0, "PK\u0003\u0004");
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        boolean labelled = files.size() == 2 && files.get(1).hasSignature(0, NpyHeader.SIGNATURE);
        return labelled
                ? read(files.get(0), NpyArray.of(files.get(1)), request)
                : ArrayParts.joined(files, file -> read(file, null, request));
    }

    private static Datasets.Parts read(DataFile file, @Nullable SourceArray labels, LoadRequest request) {
        if (file.isGzip()) {
            throw MalformedDataException.inFile(file.path(), "is a gzipped zip archive; unpack the gzip first");
        }
        try (ZipFile zip = new ZipFile(file.path().toFile())) {
            Map<String, NpyArray> arrays = arrays(file.path(), zip);
            Map<String, ? extends SourceArray> named =
                    NpzSparse.isIn(arrays) ? Map.of("data", new NpzSparse(arrays)) : arrays;
            return ArrayParts.of(file, named, "npz", request).parts(labels);
        } catch (ZipException | IllegalArgumentException e) {
            throw MalformedDataException.inFile(
                    file.path(), "is no zip archive that can be read: " + String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw DataFile.unreadable(file.path(), e);
        }
    }

    private static Map<String, NpyArray> arrays(Path path, ZipFile zip) {
        Map<String, NpyArray> arrays = new LinkedHashMap<>();
        zip.stream().filter(entry -> entry.getName().endsWith(EXTENSION)).forEach(entry -> {
            String file = entry.getName();
            String name = file.substring(0, file.length() - EXTENSION.length()).replaceAll("\\p{Cntrl}", "?");
            arrays.put(name, new NpyArray(path, name, () -> open(path, zip, entry)));
        });
        return arrays;
    }

    private static ByteSource open(Path path, ZipFile zip, ZipEntry entry) {
        try {
            long size = entry.getMethod() == ZipEntry.STORED
                    ? entry.getCompressedSize()
                    : Math.min(entry.getSize(), entry.getCompressedSize() * MAX_EXPANSION);
            String member = "member '" + entry.getName().replaceAll("\\p{Cntrl}", "?") + "'";
            return new ByteSource(path, member, new Verified(zip.getInputStream(entry), entry.getCrc()), size);
        } catch (IOException e) {
            throw DataFile.unreadable(path, e);
        }
    }

    /** A member's bytes, which must have its checksum when they end. */
    private static final class Verified extends FilterInputStream {
        private final CRC32 actual = new CRC32();
        private final long stated;

        Verified(InputStream in, long stated) {
            super(in);
            this.stated = stated;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = in.read(bytes, offset, length);
            if (count < 0 && actual.getValue() != stated) {
                throw new ZipException("the checksum differs");
            }
            actual.update(bytes, offset, Math.max(0, count));
            return count;
        }
    }
}
