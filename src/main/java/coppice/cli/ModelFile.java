package coppice.cli;

import coppice.MalformedDataException;
import coppice.backend.Backend;
import coppice.data.Dataset;
import coppice.data.Imputation;
import coppice.data.Normalization;
import coppice.model.Model;
import coppice.model.ModelSpec;
import coppice.model.Rbm;
import coppice.run.Checkpoint;
import coppice.train.Evaluator;
import coppice.train.RbmConfig;
import coppice.train.Settings;
import coppice.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * A saved model that a command reads.
 *
 * @param path the checkpoint or export
 * @param checkpoint its content, without what only training needs
 * @param settings the settings it was trained with
 * @param config the same, as parts
 */
record ModelFile(Path path, Checkpoint checkpoint, Settings settings, TrainConfig config) {
    /** The checkpoint {@code --from} names: a file, or a run's best (its last where it has no best yet). */
    static ModelFile open(String from) throws IOException {
        Path path = Path.of(from);
        if (Files.isDirectory(path)) {
            Path best = path.resolve("best.safetensors");
            path = Files.exists(best) ? best : path.resolve("last.safetensors");
        }
        if (!Files.exists(path)) {
            throw MalformedDataException.inFile(path, "there is no such checkpoint");
        }
        Checkpoint checkpoint = Checkpoint.readWeights(path);
        try {
            Settings settings = Settings.of(checkpoint.configuration());
            ModelFile file = new ModelFile(path, checkpoint, settings, TrainConfig.of(settings));
            file.requireLayers();
            return file;
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(path, "metadata configuration: " + e.getMessage());
        }
    }

    private void requireLayers() {
        spec().require(checkpoint.layers());
        if ((config.rbm() != null) != (checkpoint.layers().get(0).visible() != null)) {
            throw new IllegalArgumentException("the layers do not fit the model " + settings.get("model"));
        }
    }

    /** The shape of the network. */
    ModelSpec spec() {
        return config.modelSpec(
                checkpoint.offset().length,
                checkpoint.inputs().image(),
                checkpoint.classes().size());
    }

    /** The normalization its inputs go through. */
    Normalization normalization() {
        Normalization.Kind kind = Normalization.Kind.parse(settings.get("normalize"));
        return new Normalization(kind, checkpoint.offset(), checkpoint.scale());
    }

    /** Samples with the training means where values are missing. */
    Dataset filled(Dataset samples) {
        float[] means = checkpoint.statistics().means();
        return means == null ? samples : new Imputation(means).apply(samples);
    }

    /** The model on a backend, ready to measure samples {@link #batch} at a time. */
    Evaluator evaluator(Backend backend) {
        Model model = config.model(backend, spec(), checkpoint.layers(), 0, batch());
        return new Evaluator(backend, model, batch(), normalization(), checkpoint.statistics());
    }

    /** What a restricted Boltzmann machine was trained with. */
    RbmConfig rbmConfig() {
        RbmConfig rbm = config.rbm();
        if (rbm == null) {
            throw new UsageException(path + " is no restricted Boltzmann machine");
        }
        return rbm;
    }

    /** The machine on a backend, {@code batch} samples at a time. */
    Rbm rbm(Backend backend, int batch) {
        return new Rbm(
                backend,
                rbmConfig().divergence(),
                checkpoint.layers().get(0),
                0,
                batch,
                config.loop().seed());
    }

    /** Samples as the machine takes them. */
    Dataset prepared(Dataset samples, String source) {
        try {
            Dataset prepared = rbmConfig()
                    .heldOut(samples, "test", normalization(), config.loop().seed(), 2);
            return Objects.requireNonNull(prepared);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(Path.of(source), String.valueOf(e.getMessage()));
        }
    }

    /** An evaluator of a machine, for prepared samples. */
    Evaluator evaluator(Backend backend, Rbm rbm) {
        return new Evaluator(backend, rbm, batch(), rbmConfig().applied(normalization()));
    }

    /** Samples that an evaluator takes at once: as many as in training, so that losses agree to the last bit. */
    int batch() {
        return config.loop().batchSize();
    }
}
