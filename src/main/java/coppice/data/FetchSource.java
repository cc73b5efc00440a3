package coppice.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A place to get files from. */
interface FetchSource {
    /** The source in a few words. */
    String describe();

    /**
     * Puts each file into a directory under its name, as it is or as gzip.
     *
     * @param files what is wanted
     * @param directory an empty directory for this source alone
     * @param listener hears of progress
     */
    void fetch(List<CatalogueEntry.Item> files, Path directory, FetchListener listener)
            throws IOException, InterruptedException;

    /** The sources of a data set in the order to try them. */
    static List<FetchSource> of(CatalogueEntry entry) {
        List<FetchSource> sources = new ArrayList<>();
        entry.origins().forEach(origin -> sources.add(new HttpSource(origin)));
        if (entry.packageSource() != null) {
            sources.add(new PackageClientSource(entry.packageSource()));
        }
        return sources;
    }
}
