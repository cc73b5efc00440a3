package coppice.data;

import coppice.MalformedDataException;
import io.jhdf.HdfFile;
import io.jhdf.api.Dataset;
import io.jhdf.api.Group;
import io.jhdf.api.Link;
import io.jhdf.api.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads HDF5 files through jHDF: data sets of features and labels, found by their paths as {@code train/data}.
 *
 * <p>The library gets the file as one buffer, so that no size the file states makes it allocate. Links are not
 * followed.
 */
final class Hdf5Reader implements DatasetReader {
    static final String SIGNATURE = "\u0089HDF\r\n\u001a\n";

    /** The arrays of a file by path, and the groups that were looked into by address. */
    private record Collected(Map<String, Hdf5Array> arrays, Set<Long> groups) {}

    @Override
    public boolean recognizes(DataFile file) {
        return file.hasSignature(0, SIGNATURE) || file.hasSignature(512, SIGNATURE);
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        return ArrayParts.joined(files, file -> read(file, request));
    }

    private static Datasets.Parts read(DataFile file, LoadRequest request) {
        try (HdfFile hdf = open(file)) {
            Collected found = new Collected(new LinkedHashMap<>(), new HashSet<>());
            collect(file, hdf, hdf, "", found);
            LoadRequest plain = request.withVariables(request.variables().stream()
                    .map(name -> name.startsWith("/") ? name.substring(1) : name)
                    .toList());
            return ArrayParts.of(file, found.arrays, "hdf5", plain).parts(null);
        } catch (MalformedDataException e) {
            throw e;
        } catch (IOException e) {
            throw DataFile.unreadable(file.path(), e);
        } catch (RuntimeException | StackOverflowError e) { // a damaged file may have no end
            throw MalformedDataException.inFile(file.path(), "is not HDF5 that can be read: " + reason(e));
        }
    }

    private static HdfFile open(DataFile file) throws IOException {
        if (file.isGzip()) {
            try (ByteSource source = file.open()) {
                return HdfFile.fromBytes(source.readUpTo(Capacity.MAX));
            }
        }
        if (file.size() > Capacity.MAX) {
            return new HdfFile(file.path()); // more than a buffer holds
        }
        try (FileChannel channel = FileChannel.open(file.path())) {
            ByteBuffer whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, file.size());
            return HdfFile.fromByteBuffer(whole);
        }
    }

    /** Adds the arrays of a group and of those within; a group that is met again is passed over. */
    private static void collect(DataFile file, HdfFile hdf, Group group, String prefix, Collected found) {
        if (!found.groups.add(group.getAddress())) {
            return;
        }
        for (Map.Entry<String, Node> child : group.getChildren().entrySet()) {
            String path = prefix + child.getKey().replaceAll("\\p{Cntrl}", "?");
            if (child.getValue() instanceof Dataset dataset) {
                found.arrays.put(path, new Hdf5Array(file.path(), hdf.size(), path, dataset));
            } else if (child.getValue() instanceof Group inner && !(inner instanceof Link)) {
                collect(file, hdf, inner, path + "/", found);
            }
        }
    }

    /** What the library found at fault at the root of it, on one line. */
    private static String reason(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null || message.isBlank()
                ? "its structure is damaged"
                : message.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    }
}
