package coppice.data;

import coppice.MalformedDataException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds features and labels among the arrays of a file, by the names asked for or the usual ones. */
final class ArrayParts {
    /** Names of features and labels. */
    private record Pair(String features, String labels) {
        Pair of(String part) {
            return new Pair(features.replace(PART, part), labels.replace(PART, part));
        }
    }

    /** Names that training samples may have, and what the names of other parts are made of. */
    private record Candidate(Pair names, @Nullable Pair template) {}

    /** In a name, where the part of a divided data set stands. */
    private static final String PART = "{}";

    private static final List<String> TRAIN = List.of("train", "training");
    private static final List<String> VALIDATION = List.of("val", "valid", "validation");
    private static final List<String> TEST = List.of("test", "testing");

    /** The usual names in an undivided data set. */
    private static final List<Pair> WHOLE = List.of(
            new Pair("X", "Y"),
            new Pair("X", "y"),
            new Pair("x", "y"),
            new Pair("fea", "gnd"),
            new Pair("data", "label"),
            new Pair("data", "labels"),
            new Pair("data", "target"),
            new Pair("features", "labels"),
            new Pair("features", "target"),
            new Pair("images", "labels"),
            new Pair("arr_0", "arr_1"));

    /** The usual names in a divided one. */
    private static final List<Pair> DIVIDED = List.of(
            new Pair("{}_data", "{}_labels"),
            new Pair("{}_data", "{}_label"),
            new Pair("{}_data", "{}_target"),
            new Pair("{}_X", "{}_Y"),
            new Pair("{}_X", "{}_y"),
            new Pair("{}_x", "{}_y"),
            new Pair("{}_set_x", "{}_set_y"),
            new Pair("{}_images", "{}_labels"),
            new Pair("{}_features", "{}_labels"),
            new Pair("x_{}", "y_{}"),
            new Pair("X_{}", "y_{}"),
            new Pair("X_{}", "Y_{}"),
            new Pair("X{}", "Y{}"),
            new Pair("X{}", "y{}"),
            new Pair("{}/data", "{}/target"),
            new Pair("{}/data", "{}/labels"),
            new Pair("{}/data", "{}/label"),
            new Pair("{}/X", "{}/y"),
            new Pair("{}/x", "{}/y"),
            new Pair("{}/images", "{}/labels"),
            new Pair("{}/features", "{}/labels"));

    private final DataFile file;
    private final Map<String, ? extends SourceArray> arrays;
    private final String format;
    private final LoadRequest request;

    private ArrayParts(DataFile file, Map<String, ? extends SourceArray> arrays, String format, LoadRequest request) {
        this.file = file;
        this.arrays = arrays;
        this.format = format;
        this.request = request;
    }

    /** Joins files of named arrays, each read by {@code reader}; only one alone may be divided into parts. */
    static Datasets.Parts joined(List<DataFile> files, Function<DataFile, Datasets.Parts> reader) {
        if (files.size() == 1) {
            return reader.apply(files.get(0));
        }
        List<Dataset> all = new ArrayList<>();
        for (DataFile file : files) {
            Datasets.Parts parts = reader.apply(file);
            if (parts.validation() != null || parts.test() != null) {
                throw MalformedDataException.inFile(
                        file.path(), "is divided into parts, so it cannot be joined with other files");
            }
            all.add(parts.train());
        }
        return DatasetReader.joined(files, all);
    }

    /** The data set of an array of features and one of labels, if there is one. */
    static Dataset dataset(
            DataFile file, SourceArray source, @Nullable SourceArray labels, String format, LoadRequest request) {
        SourceArray.Features features = source.features(request.allowMissing());
        int rows = features.matrix().rows();
        DatasetReader.requireWidth(file, request, features.matrix().columns());
        LabelCollector collector = new LabelCollector(request);
        if (labels != null) {
            labels.addLabels(rows, collector);
        }
        return new Dataset(features.matrix(), collector.finish(), List.of(), format, features.image());
    }

    /** The arrays of a file. */
    static ArrayParts of(DataFile file, Map<String, ? extends SourceArray> arrays, String format, LoadRequest request) {
        return new ArrayParts(file, arrays, format, request);
    }

    /**
     * The data set in the file.
     *
     * @param labels its labels where they are not in the file
     */
    Datasets.Parts parts(@Nullable SourceArray labels) {
        if (labels == null) {
            return parts();
        }
        String name = request.variables().isEmpty()
                ? features().names.features
                : request.variables().get(0);
        return new Datasets.Parts(dataset(file, array(name), labels, format, request), null, null);
    }

    private Datasets.Parts parts() {
        List<String> named = request.variables();
        if (!named.isEmpty()) {
            boolean training = request.width() == 0; // files for a model may lack what training needs
            boolean labelled = named.size() > 1 && (training || has(named.get(1)));
            boolean tested = named.size() == 4 && (training || has(named.get(2)));
            Dataset train = dataset(named.get(0), labelled ? named.get(1) : null, request);
            return new Datasets.Parts(train, null, tested ? heldOut(named.get(2), named.get(3), train) : null);
        }
        List<Candidate> labelled = labelled(TRAIN);
        if (labelled.isEmpty()) {
            labelled = labelled(TEST); // a file of test samples alone
        }
        if (labelled.size() > 1) {
            throw nameless("has several: "
                    + labelled.stream()
                            .map(c -> c.names.features + " and " + c.names.labels)
                            .toList());
        }
        Candidate found = labelled.isEmpty() ? features() : labelled.get(0);
        Dataset train = dataset(found.names.features, labelled.isEmpty() ? null : found.names.labels, request);
        return new Datasets.Parts(
                train, sibling(found.template, VALIDATION, train), sibling(found.template, TEST, train));
    }

    private List<Candidate> labelled(List<String> words) {
        return candidates(words).stream()
                .filter(c -> has(c.names.features) && has(c.names.labels))
                .toList();
    }

    private static List<Candidate> candidates(List<String> words) {
        List<Candidate> all = new ArrayList<>();
        WHOLE.forEach(pair -> all.add(new Candidate(pair, null)));
        DIVIDED.forEach(template -> words.forEach(part -> all.add(new Candidate(template.of(part), template))));
        return all;
    }

    /** The features under a usual name, or else the only array that could hold some. */
    private Candidate features() {
        Map<String, Candidate> usual = new LinkedHashMap<>();
        candidates(TRAIN).stream()
                .filter(c -> has(c.names.features))
                .forEach(c -> usual.putIfAbsent(c.names.features, c));
        if (usual.size() == 1) {
            return usual.values().iterator().next();
        }
        List<String> tables =
                arrays.keySet().stream().filter(name -> array(name).isTable()).toList();
        if (!usual.isEmpty() || tables.size() != 1) {
            throw nameless("has no features and labels under their usual names");
        }
        return new Candidate(new Pair(tables.get(0), ""), null);
    }

    private MalformedDataException nameless(String reason) {
        return MalformedDataException.inFile(
                file.path(), reason + "; name them with --variables FEATURES,LABELS out of " + arrays.keySet());
    }

    private boolean has(String name) {
        return arrays.containsKey(name);
    }

    private SourceArray array(String name) {
        SourceArray array = arrays.get(name);
        if (array == null) {
            throw MalformedDataException.inFile(file.path(), "has no variable '" + name + "' but " + arrays.keySet());
        }
        return array;
    }

    private Dataset dataset(String features, @Nullable String labels, LoadRequest how) {
        return dataset(file, array(features), labels == null ? null : array(labels), format, how);
    }

    private @Nullable Dataset sibling(@Nullable Pair template, List<String> words, Dataset train) {
        for (String word : template == null ? List.<String>of() : words) {
            Pair names = Objects.requireNonNull(template).of(word);
            if (has(names.features) && (!train.hasLabels() || has(names.labels))) {
                return heldOut(names.features, train.hasLabels() ? names.labels : null, train);
            }
        }
        return null;
    }

    private Dataset heldOut(String features, @Nullable String labels, Dataset train) {
        return dataset(features, labels, request.withWidth(train.featureCount()))
                .withClasses(train.classes(), file.path());
    }
}
