package coppice.train;

import coppice.model.FirstWeights;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.model.VisibleUnits;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.run.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The checkpoint, before the first step, of a run that starts from a saved network.
 *
 * <p>Written before training, it makes such a run one that goes on from its own checkpoint: the file it started from is
 * not needed again.
 */
public final class StartingPoint {
    private StartingPoint() {}

    /**
     * The saved layers without optimizer state.
     *
     * @param saved a network whose features and, unless the output is new, classes are those of the data
     * @param configuration the settings to keep in checkpoints
     * @param newOutput whether the last layer is drawn as that of a new network
     * @param pool threads to use; the result does not depend on their number
     */
    public static Checkpoint of(
            Checkpoint saved,
            TrainConfig config,
            Map<String, String> configuration,
            TrainData data,
            boolean newOutput,
            WorkerPool pool) {
        List<LayerState> layers = new ArrayList<>(saved.layers());
        ModelSpec spec = config.modelSpec(data.train());
        if (newOutput) {
            layers.set(
                    layers.size() - 1,
                    FirstWeights.drawOutput(spec, config.loop().seed(), pool));
        }
        spec.require(layers);
        RbmConfig rbm = config.rbm();
        if (rbm != null) {
            float[] bias = Objects.requireNonNull(layers.get(0).visible()).bias();
            float[] base = rbm.firstUnits(data).baseBias(); // the base-rate model is that of the data learned from
            layers.set(0, layers.get(0).withVisible(new VisibleUnits(bias, List.of(), base, null)));
        }
        TrainState state = new TrainState();
        state.fromSaved = true;
        state.connectionsExplored =
                layers.stream().mapToLong(LayerState::connections).sum();
        return new Checkpoint(
                configuration,
                Json.compact(state),
                data.train().classes(),
                data.normalization().offset(),
                data.normalization().scale(),
                data.statistics(),
                layers,
                saved.inputs());
    }
}
