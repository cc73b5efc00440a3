package coppice.report;

import coppice.MalformedDataException;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.model.Shape;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.run.Inputs;
import coppice.train.InitialTopology;
import coppice.train.Settings;
import coppice.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The network in a run's last checkpoint beside the one that its training began with.
 *
 * @param spec its shape
 * @param after the layers now
 * @param before the first layers; null where training began with a saved network
 * @param inputs what is known of the features
 */
record TrainedNetwork(
        ModelSpec spec, List<LayerState> after, @Nullable List<LayerState> before, Inputs inputs) {
    /** Reads a run's network; empty before its first checkpoint. */
    static Optional<TrainedNetwork> read(Run run, WorkerPool pool) throws IOException {
        Path file = run.path().resolve("last.safetensors");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Checkpoint checkpoint = Checkpoint.readWeights(file);
        try {
            ModelSpec spec = TrainConfig.of(Settings.of(checkpoint.configuration()))
                    .modelSpec(
                            checkpoint.offset().length,
                            checkpoint.inputs().image(),
                            checkpoint.classes().size());
            spec.require(checkpoint.layers());
            List<LayerState> before = InitialTopology.of(checkpoint, spec, pool).orElse(null);
            return Optional.of(new TrainedNetwork(spec, checkpoint.layers(), before, checkpoint.inputs()));
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(file, "metadata: " + e.getMessage());
        }
    }

    /** The same with another shape of its images. */
    TrainedNetwork withImage(Shape image) {
        return new TrainedNetwork(spec, after, before, new Inputs(inputs.names(), image));
    }

    /** The same layer before training, if that is known. */
    @Nullable
    LayerState before(int layer) {
        return before == null ? null : before.get(layer);
    }

    /** What is known of the input neurons of the fully connected layers at the end: features, or what images became. */
    Inputs chainInputs() {
        int start = spec.chainStart();
        return start == 0
                ? inputs
                : new Inputs(List.of(), spec.learned().get(start).input());
    }
}
