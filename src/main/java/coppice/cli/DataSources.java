package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Catalogue;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.LoadRequest;
import coppice.data.Split;
import coppice.data.Subset;
import coppice.train.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds and loads the samples that --data, --test and their companions name. */
final class DataSources {
    private DataSources() {}

    /** Where fetched data sets lie: $COPPICE_DATA, else the user's cache directory. */
    static Path dataDirectory() {
        String own = System.getenv("COPPICE_DATA");
        if (own != null && !own.isEmpty()) {
            return Path.of(own);
        }
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base =
                cache != null && !cache.isEmpty() ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("coppice");
    }

    /** Whether {@code --data} names a data set of the catalogue. */
    static boolean isKnown(String data) {
        return Catalogue.standard().find(data).isPresent();
    }

    /** The files of a comma-separated list. */
    static List<Path> paths(String list) {
        return Arrays.stream(list.split(",", -1)).map(Path::of).toList();
    }

    /** How files are to be read. */
    static LoadRequest request(Settings settings, String list) {
        LoadRequest request = LoadRequest.of(paths(list)).withHeader(header(settings));
        if (settings.find("label") != null) {
            request = request.withLabel(settings.get("label"));
        }
        int base = settings.parse("index-base", "0, 1 or auto", text -> switch (text) {
            case "auto" -> -1;
            case "0" -> 0;
            case "1" -> 1;
            default -> null;
        });
        if (base >= 0) {
            request = request.withSparseIndexBase(base);
        }
        if (fillsMissing(settings)) {
            request = request.withMissingAllowed();
        }
        request = request.withRegression(isRegression(settings));
        String variables = settings.find("variables");
        return variables == null ? request : request.withVariables(Arrays.asList(variables.split(",", -1)));
    }

    /** Whether missing values are allowed, and the training means stand in for them. */
    static boolean fillsMissing(Settings settings) {
        return settings.parse("missing", "error or mean", text -> switch (text) {
            case "error" -> false;
            case "mean" -> true;
            default -> null;
        });
    }

    private static LoadRequest.Header header(Settings settings) {
        return settings.parse("header", "yes, no or auto", text -> switch (text) {
            case "yes" -> LoadRequest.Header.YES;
            case "no" -> LoadRequest.Header.NO;
            case "auto" -> LoadRequest.Header.AUTO;
            default -> null;
        });
    }

    /**
     * The samples of a run, divided into parts.
     *
     * <p>Test samples come from {@code --test}, else the source's own test part, else {@code --test-fraction}.
     */
    static Datasets.Parts load(Settings settings) {
        long seed = settings.parse("seed", "a whole number", Long::valueOf);
        double testFraction = settings.number("test-fraction", "in [0, 1)", f -> f >= 0 && f < 1);
        double validationFraction = settings.number("validation", "in [0, 1)", f -> f >= 0 && f < 1);
        Datasets.Parts parts = loadWhole(settings);
        Dataset train = parts.train();
        Dataset validation = parts.validation();
        Dataset test = parts.test();
        double testShare = test == null ? testFraction : 0;
        double validationShare = validation == null ? validationFraction : 0;
        if (testShare + validationShare > 0) {
            Datasets.Parts divided = Split.random(train, testShare, validationShare, seed);
            train = divided.train();
            test = test == null ? divided.test() : test;
            validation = validation == null ? divided.validation() : validation;
        }
        train = subset(settings, "train-samples", train, seed);
        test = test == null ? null : subset(settings, "test-samples", test, seed);
        return new Datasets.Parts(train, validation, test);
    }

    private static Dataset subset(Settings settings, String name, Dataset data, long seed) {
        int count = settings.integer(name, 0);
        if (count > data.rows()) {
            throw new UsageException(name + " is " + count + " but there are only " + data.rows() + " samples");
        }
        return count == 0 ? data : Subset.random(data, count, seed);
    }

    private static Datasets.Parts loadWhole(Settings settings) {
        String data = settings.get("data");
        String testFiles = settings.find("test");
        Datasets.Parts parts = isKnown(data)
                ? Catalogue.standard().load(data, dataDirectory())
                : Datasets.loadParts(request(settings, data));
        if (!isRbm(settings)) {
            requireLabels(parts.train(), data);
        }
        if (isRegression(settings) && parts.train().targets().length == 0) {
            throw new UsageException("data set " + data + " has classes, but task regression needs numbers");
        }
        String validationFiles = settings.find("validation-data");
        return new Datasets.Parts(
                parts.train(),
                validationFiles == null ? parts.validation() : load(settings, validationFiles, parts.train()),
                testFiles == null ? parts.test() : load(settings, testFiles, parts.train()));
    }

    /** Whether labels are numbers to predict. */
    static boolean isRegression(Settings settings) {
        return "regression".equals(settings.find("task"));
    }

    /** Whether classes do not matter. */
    static boolean isRbm(Settings settings) {
        return settings.get("model").equals("rbm");
    }

    /** Samples from files, with the features and classes of others. */
    static Dataset load(Settings settings, String list, Dataset like) {
        Dataset loaded = Datasets.load(request(settings, list).alignedWith(like));
        if (isRbm(settings)) {
            return loaded;
        }
        requireLabels(loaded, list);
        return loaded.withClasses(like.classes(), paths(list).get(0));
    }

    private static void requireLabels(Dataset data, String source) {
        if (!data.hasLabels()) {
            throw MalformedDataException.inFile(
                    paths(source).get(0),
                    "labels are needed but there are none; --label names a table's column, --variables an array");
        }
    }

    /** The files named, for the manifest; the name of a known data set. */
    static List<String> named(@Nullable String list) {
        List<String> named = new ArrayList<>();
        if (list != null) {
            paths(list).forEach(path -> named.add(path.toString()));
        }
        return named;
    }
}
