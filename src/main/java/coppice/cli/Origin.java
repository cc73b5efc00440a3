package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.run.Checkpoint;
import coppice.run.RunManifest;
import coppice.run.TrainingStatistics;
import coppice.train.Settings;
import coppice.train.TrainData;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The saved network that a run starts from: what {@code --from} names, or once such a run has a checkpoint, that.
 *
 * <p>Does not hold the weights, which are read again when they are needed.
 *
 * @param start the file of {@code --from}, for the manifest
 * @param file what was read: that file, or the run's own checkpoint
 * @param settings those of the saved network
 * @param classes its classes
 * @param normalization of its features
 * @param target mean and standard deviation of the numbers it predicts; null for classes
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
record Origin(
        RunManifest.Start start,
        Path file,
        Settings settings,
        List<String> classes,
        Normalization normalization,
        float @Nullable [] target) {
    /** What belongs to the layers that are taken over. */
    private static final List<String> FIXED = List.of(
            "model",
            "task",
            "layers",
            "hidden",
            "activation",
            "epsilon",
            "density",
            "distribution",
            "topology-draws",
            "dense",
            "sparse-output",
            "normalize");

    /** What stays as it was unless it is given. */
    private static final List<String> KEPT = List.of("loss", "image", "missing", "binarize");

    /**
     * Reads what a run starts from; null for a run that draws its own network.
     *
     * @param given settings of the command line and configuration file
     */
    static @Nullable Origin of(Map<String, String> given) throws IOException {
        String out = given.get("out");
        Path manifest = out == null ? null : Path.of(out).resolve("run.json");
        if (manifest != null && "true".equals(given.get("resume")) && Files.exists(manifest)) {
            RunManifest before = RunManifest.read(manifest);
            String from = before.configuration().get("from");
            return from == null ? null : resumed(from, before.start(), manifest.resolveSibling("last.safetensors"));
        }
        String from = given.get("from");
        for (String option : List.of("new-output", "new-normalization")) {
            if (from == null && "true".equals(given.get(option))) {
                throw new UsageException(option + " needs --from RUN|FILE");
            }
        }
        return from == null ? null : of(from);
    }

    private static Origin of(String from) throws IOException {
        ModelFile model = ModelFile.open(from);
        return of(new RunManifest.Start(model.path().toString(), sha256(model.path())), model);
    }

    private static Origin of(RunManifest.Start start, ModelFile model) {
        return new Origin(
                start,
                model.path(),
                model.settings(),
                model.checkpoint().classes(),
                model.normalization(),
                model.checkpoint().statistics().target());
    }

    private static Origin resumed(String from, RunManifest.@Nullable Start before, Path last) throws IOException {
        if (before != null && Files.exists(last)) {
            return of(before, ModelFile.open(last.toString()));
        }
        Origin origin = of(from); // the run was ended before its first checkpoint
        if (before != null && !before.sha256().equals(origin.start().sha256())) {
            throw MalformedDataException.inFile(origin.file(), "is not the file that the run was started from");
        }
        return origin;
    }

    /** Whether the run goes on from its own checkpoint. */
    boolean isCheckpoint() {
        return !file.toString().equals(start.path());
    }

    /** Settings with those of the saved network beneath them. */
    Map<String, String> inherit(Map<String, String> given) {
        Map<String, String> merged = new LinkedHashMap<>(given);
        for (String name : FIXED) {
            boolean free = (name.equals("sparse-output") && is(given, "new-output"))
                    || (name.equals("normalize") && is(given, "new-normalization"));
            String own = settings.find(name);
            String other = given.get(name);
            if (!free && other != null && !Settings.named(name).isSame(other, own)) {
                throw new UsageException(file + " was trained with " + name + " " + (own == null ? "not set" : own)
                        + "; --from keeps it and cannot change it to " + other
                        + (name.equals("normalize") ? " without --new-normalization" : ""));
            }
            if (own != null) {
                merged.putIfAbsent(name, own);
            }
        }
        for (String name : KEPT) {
            String own = settings.find(name);
            if (own != null) {
                merged.putIfAbsent(name, own);
            }
        }
        if (is(given, "new-output") && settings.get("model").equals("rbm")) {
            throw new UsageException("new-output does not apply to model rbm, which has no classes");
        }
        return merged;
    }

    private static boolean is(Map<String, String> given, String name) {
        return "true".equals(given.get(name));
    }

    /** The samples as the network takes them: its features, normalization and, unless the output is new, classes. */
    TrainData fit(TrainData data, Settings of) {
        Path source = DataSources.paths(of.get("data")).get(0);
        if (data.train().featureCount() != normalization.features()) {
            throw MalformedDataException.inFile(
                    source,
                    "has " + data.train().featureCount() + " features but the network of " + file + " takes "
                            + normalization.features());
        }
        boolean machine = DataSources.isRbm(of);
        boolean newOutput = of.is("new-output") && !isCheckpoint();
        if (!machine && !newOutput && !classes.containsAll(data.train().classes())) {
            throw new UsageException(
                    "the network of " + file + " tells " + listed(classes) + " apart but the labels are "
                            + listed(data.train().classes()) + ": --new-output gives it a new output layer");
        }
        boolean asTheyAre = machine || newOutput || classes.equals(data.train().classes());
        Normalization kept = of.is("new-normalization") && !isCheckpoint() ? data.normalization() : normalization;
        return new TrainData(
                asTheyAre ? data.train() : data.train().withClasses(classes, source),
                asTheyAre ? data.validation() : withClasses(data.validation(), source),
                asTheyAre ? data.test() : withClasses(data.test(), source),
                kept,
                statistics(data, newOutput, asTheyAre),
                kept);
    }

    /** Class weights in the order of the network's classes; the unit of its numbers unless the output is new. */
    private TrainingStatistics statistics(TrainData data, boolean newOutput, boolean asTheyAre) {
        float[] weights = data.statistics().classWeights();
        if (weights != null && !asTheyAre) {
            float[] own = new float[classes.size()];
            Arrays.fill(own, 1); // as a class without training samples
            for (int c = 0; c < weights.length; c++) {
                own[classes.indexOf(data.train().classes().get(c))] = weights[c];
            }
            weights = own;
        }
        float[] unit = target == null || newOutput ? data.statistics().target() : target;
        return new TrainingStatistics(data.statistics().means(), weights, unit);
    }

    private @Nullable Dataset withClasses(@Nullable Dataset data, Path source) {
        return data == null ? null : data.withClasses(classes, source);
    }

    private static String listed(List<String> classes) {
        int most = 5;
        return classes.size() <= most
                ? String.join(", ", classes)
                : classes.size() + " classes (" + String.join(", ", classes.subList(0, most)) + ", ...)";
    }

    /** The whole network; it must still be what was first read. */
    Checkpoint read() throws IOException {
        Checkpoint saved = Checkpoint.readWeights(file);
        if (!sha256(file).equals(start.sha256())) {
            throw MalformedDataException.inFile(file, "has changed while it was read");
        }
        return saved;
    }

    private static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime must have SHA-256 but this one lacks it", e);
        }
    }
}
