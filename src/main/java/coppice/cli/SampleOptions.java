package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.LoadRequest;
import coppice.run.RunManifest;
import coppice.train.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The samples that a command puts through a saved model, and the options that say which. */
final class SampleOptions {
    static final CommandOption FROM = CommandOption.value(
            "from",
            "RUN|FILE",
            "the model: a run directory (its best checkpoint), a checkpoint or an" + " export (safetensors, npz)");
    static final CommandOption VERBOSE = CommandOption.flag("verbose", "print the whole trace of an error");
    private static final List<String> FORMAT_NAMES = List.of("label", "header", "variables", "index-base");
    private static final String MANIFEST = "run.json";

    private SampleOptions() {}

    /** How files are read. */
    static List<CommandOption> format(String otherwise) {
        return List.of(
                new CommandOption(
                        "label", "COLUMN", otherwise, "Data", "label column of a text table by name or index, or none"),
                new CommandOption(
                        "header", "yes|no|auto", otherwise, "Data", "whether a table's first row names the columns"),
                new CommandOption(
                        "index-base", "B", otherwise, "Data", "first feature index of LIBSVM files: 0, 1 or auto"),
                new CommandOption(
                        "variables",
                        "X,Y",
                        otherwise,
                        "Data",
                        "names of the arrays of features and labels in a MATLAB, NPZ or HDF5 file"));
    }

    /** Settings with the options of {@link #format} on top. */
    static Settings settings(Map<String, String> base, Arguments arguments) {
        Map<String, String> values = new LinkedHashMap<>(base);
        for (String name : FORMAT_NAMES) {
            String value = arguments.find(name);
            if (value != null) {
                values.put(name, value);
            }
        }
        return UsageException.whereInvalid(() -> Settings.of(values));
    }

    /** The samples of {@code --data}: a known data set's test part, or whole files. */
    static Dataset named(ModelFile model, String data, Arguments arguments) {
        Map<String, String> base = new LinkedHashMap<>(model.checkpoint().configuration());
        if (DataSources.isKnown(data)) {
            base.put("data", data);
            return testPart(model, settings(base, arguments));
        }
        return files(model, settings(base, arguments), data);
    }

    /** The samples of files: a MATLAB file's test part if it has one, else all. */
    static Dataset files(ModelFile model, Settings settings, String list) {
        LoadRequest request = UsageException.whereInvalid(() -> DataSources.request(settings, list))
                .withWidth(model.spec().inputs());
        Datasets.Parts parts = Datasets.loadParts(request);
        return model.filled(Objects.requireNonNullElse(parts.test(), parts.train()));
    }

    /** The test samples of the run that a model comes from. */
    static Dataset ofRun(ModelFile model, Arguments arguments) throws IOException {
        Path directory =
                Objects.requireNonNullElse(model.path().toAbsolutePath().getParent(), Path.of(""));
        Path file = directory.resolve(MANIFEST);
        if (!Files.exists(file)) {
            throw new UsageException(
                    "there is no " + MANIFEST + " beside " + model.path() + " to tell the test samples: give --data");
        }
        RunManifest manifest = RunManifest.read(file);
        Map<String, String> base = new LinkedHashMap<>(model.checkpoint().configuration());
        for (String name : List.of("data", "test")) {
            String value = manifest.configuration().get(name);
            if (value != null) {
                base.put(name, value);
            }
        }
        Settings settings = settings(base, arguments);
        Dataset test = testPart(model, settings);
        String source = Objects.requireNonNullElse(settings.find("test"), settings.get("data"));
        for (RunManifest.DataSource recorded : manifest.data()) {
            if (recorded.role().equals("test") && !recorded.fingerprint().equals(test.fingerprint())) {
                throw MalformedDataException.inFile(
                        DataSources.paths(source).get(0), "the test samples are not those of the run in " + directory);
            }
        }
        return test;
    }

    /** The held-out samples, divided from the training samples as in training. */
    private static Dataset testPart(ModelFile model, Settings settings) {
        Datasets.Parts parts = UsageException.whereInvalid(() -> DataSources.load(settings));
        Dataset test = parts.test();
        if (test == null) {
            throw new UsageException("the model was trained without test samples of " + settings.get("data")
                    + ": give files with --data");
        }
        if (test.featureCount() != model.spec().inputs()) {
            throw MalformedDataException.inFile(
                    Path.of(settings.get("data")),
                    "has " + test.featureCount() + " features but the model takes "
                            + model.spec().inputs());
        }
        return model.filled(test);
    }

    /** The same with the classes of the model; the labels must be there. */
    static Dataset labelled(ModelFile model, Dataset data, String source) {
        Path path = DataSources.paths(source).get(0);
        if (!data.hasLabels()) {
            throw MalformedDataException.inFile(path, "labels are needed but there are none");
        }
        if (model.config().regression() != (data.targets().length != 0)) {
            throw MalformedDataException.inFile(path, "has classes but the model predicts numbers");
        }
        return data.withClasses(model.checkpoint().classes(), path);
    }

    /** The value of an option that may only be one of a few. */
    static String choice(Arguments arguments, String option, String otherwise, @Nullable String other) {
        String value = arguments.find(option);
        if (value == null || value.equals(otherwise) || value.equals(other)) {
            return value == null ? otherwise : value;
        }
        throw new UsageException(option + " must be " + otherwise + " or " + other + " but was '" + value + "'");
    }
}
