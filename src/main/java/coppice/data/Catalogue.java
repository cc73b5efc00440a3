package coppice.data;

import coppice.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/** The data sets known by name. */
public final class Catalogue {
    private static final String RESOURCE = "/datasets/catalogue.json";
    private static final String DIGITS = "digits";

    private final List<CatalogueEntry> entries;

    /** The content of the catalogue file. */
    private record Content(List<CatalogueEntry> datasets) {}

    /**
     * The files of a data set.
     *
     * @param train for training
     * @param test for test
     */
    public record Located(List<Path> train, List<Path> validation, List<Path> test) {}

    private Catalogue(List<CatalogueEntry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** The catalogue that comes with the program. */
    public static Catalogue standard() {
        try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not on the class path");
            }
            JsonMapper mapper = JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .build();
            return new Catalogue(mapper.readValue(in, Content.class).datasets());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A catalogue of other data sets, for tests. */
    static Catalogue of(CatalogueEntry... entries) {
        return new Catalogue(List.of(entries));
    }

    /** All data sets in the catalogue's order. */
    public List<CatalogueEntry> entries() {
        return entries;
    }

    /** The data set of a name. */
    public Optional<CatalogueEntry> find(String name) {
        return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    private CatalogueEntry require(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalArgumentException("no data set '" + name + "'; known are "
                        + String.join(
                                ", ", entries.stream().map(CatalogueEntry::name).toList())));
    }

    /**
     * The files of a data set that was fetched into a directory, each also accepted with {@code .gz} after its name.
     *
     * @throws MalformedDataException naming the command that fetches it, if a file is not there
     */
    public Located locate(String name, Path dataDirectory) {
        CatalogueEntry entry = require(name);
        if (entry.embedded()) {
            throw new IllegalArgumentException("data set '" + name + "' is embedded and has no files");
        }
        Path directory = dataDirectory.resolve(name);
        List<Path> train = new ArrayList<>();
        List<Path> validation = new ArrayList<>();
        List<Path> test = new ArrayList<>();
        for (CatalogueEntry.Item item : entry.files()) {
            Path plain = directory.resolve(item.name());
            Path file = Files.exists(plain) ? plain : directory.resolve(item.name() + ".gz");
            if (!Files.exists(file)) {
                throw MalformedDataException.inFile(
                        plain,
                        "data set '" + name + "' is not in " + dataDirectory + ": run 'coppice data fetch " + name
                                + "'");
            }
            switch (item.part()) {
                case "train" -> train.add(file);
                case "validation" -> validation.add(file);
                case "test" -> test.add(file);
                default -> throw new IllegalStateException("data set '" + name + "' has a part " + item.part());
            }
        }
        return new Located(train, validation, test);
    }

    /** Loads a data set: an embedded one as it is, another from where it was fetched to, its test part aligned. */
    public Datasets.Parts load(String name, Path dataDirectory) {
        if (require(name).embedded()) {
            if (!name.equals(DIGITS)) {
                throw new IllegalStateException("data set '" + name + "' is not embedded");
            }
            return new Datasets.Parts(Datasets.digits(), null, null);
        }
        Located files = locate(name, dataDirectory);
        LoadRequest request = request(name, files);
        Datasets.Parts own = Datasets.loadParts(request);
        Dataset train = own.train();
        return new Datasets.Parts(
                train,
                files.validation().isEmpty() ? own.validation() : part(request, files.validation(), train),
                files.test().isEmpty() ? own.test() : part(request, files.test(), train));
    }

    /** How the training files of a data set are read. */
    public LoadRequest request(String name, Located files) {
        LoadRequest request = LoadRequest.of(files.train());
        return require(name).classes() == 0 ? request.withLabel(LoadRequest.NO_LABEL) : request;
    }

    private static Dataset part(LoadRequest request, List<Path> files, Dataset train) {
        Dataset part = Datasets.load(request.withPaths(files).alignedWith(train));
        return train.hasLabels() ? part.withClasses(train.classes(), files.get(0)) : part;
    }

    /**
     * Puts the files of a data set into a directory, if they are not there already.
     *
     * <p>Tries the origins in order, then the package. Every file is checked by its SHA-256 before it gets its name.
     *
     * @param name the data set
     * @param dataDirectory made if it does not exist; the files go into its subdirectory of that name
     * @param listener hears of progress and of sources that failed
     * @return whether anything had to be fetched
     * @throws IOException if no source gave the files
     */
    public boolean fetch(String name, Path dataDirectory, FetchListener listener) throws IOException {
        CatalogueEntry entry = require(name);
        return new Fetch(entry, FetchSource.of(entry), listener).into(dataDirectory);
    }
}
