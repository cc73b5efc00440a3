package coppice.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A known data set: what it is, and where to get it.
 *
 * @param name the name that commands take
 * @param title one line
 * @param trainRows number of training samples
 * @param testRows number of test samples, 0 if the data set is not divided
 * @param features number of features
 * @param classes number of classes, 0 for samples without labels
 * @param image how a sample forms an image; null for other samples
 * @param licence terms of use, as far as they are stated
 * @param citation what to cite
 * @param files the files, empty if the data set is embedded
 * @param origins where its authors or their mirrors offer it, to be tried in order
 * @param packageSource a package that carries it, or null
 */
public record CatalogueEntry(
        String name,
        String title,
        int trainRows,
        int testRows,
        int features,
        int classes,
        @Nullable ImageShape image,
        String licence,
        String citation,
        List<Item> files,
        List<Origin> origins,
        @JsonProperty("package") @Nullable PackageSource packageSource) {

    /**
     * One file, uncompressed.
     *
     * @param name file name
     * @param bytes size
     * @param sha256 checksum
     * @param part {@code train}, {@code validation} or {@code test}; the training file may hold other parts, too
     */
    public record Item(String name, long bytes, String sha256, String part) {}

    /**
     * An address.
     *
     * @param url of each file with <code>{file}</code> for its name, or of one tar.gz archive
     * @param sha256 checksum of the archive, null if there is none
     * @param member path of each file in the archive, null if there is none
     */
    public record Origin(
            String url, @Nullable String sha256, @Nullable String member) {}

    /**
     * A package of a package manager.
     *
     * @param client {@code debian} or {@code npm}
     * @param name the package
     * @param version the version, null for the one the client chooses
     * @param path of each file in the package, with <code>{file}</code> for its name
     */
    public record PackageSource(
            String client, String name, @Nullable String version, String path) {}

    /** Whether the data set comes with the program and needs no file. */
    public boolean embedded() {
        return files.isEmpty();
    }

    /** Size of all files, uncompressed. */
    public long totalBytes() {
        return files.stream().mapToLong(Item::bytes).sum();
    }
}
