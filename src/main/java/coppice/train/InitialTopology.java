package coppice.train;

import coppice.model.FirstWeights;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.run.Json;
import java.util.List;
import java.util.Optional;

/** The topology and weights that the training of a saved network began with: a function of its settings alone. */
public final class InitialTopology {
    private InitialTopology() {}

    /**
     * Draws the first layers again; empty where training began with saved weights, which are not known any more.
     *
     * @param spec the network's shape
     * @param pool threads to use; the result does not depend on their number
     * @throws IllegalArgumentException if the settings or the state of training are none, or the settings are not those
     *     of the checkpoint's layers
     */
    public static Optional<List<LayerState>> of(Checkpoint checkpoint, ModelSpec spec, WorkerPool pool) {
        if (Json.parse(checkpoint.training(), TrainState.class).fromSaved) {
            return Optional.empty();
        }
        TrainConfig config = TrainConfig.of(Settings.of(checkpoint.configuration()));
        List<LayerState> last = checkpoint.layers();
        List<LayerState> first = FirstWeights.draw(spec, config.loop().seed(), pool);
        spec.require(last);
        for (int n = 0; n < first.size(); n++) {
            if ((first.get(n).pattern() == null) != (last.get(n).pattern() == null)) {
                throw new IllegalArgumentException("layer " + n + " is not "
                        + (last.get(n).pattern() == null ? "dense" : "sparse") + " in the settings");
            }
        }
        return Optional.of(first);
    }
}
