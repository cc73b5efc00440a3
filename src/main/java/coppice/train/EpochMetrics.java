package coppice.train;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code metrics.jsonl}.
 *
 * @param epoch from 1
 * @param step updates made so far
 * @param learningRate of the epoch's last step
 * @param trainLoss mean over the epoch; of a machine the squared error of the reconstruction, a visible unit
 * @param trainAccuracy over the epoch, dropout included; like the other accuracies null for a machine
 * @param validationLoss null where not evaluated
 * @param validationAccuracy null where not evaluated
 * @param testLoss null where not evaluated
 * @param testAccuracy null where not evaluated
 * @param connections stored weights of the network
 * @param layerConnections stored weights of each layer
 * @param connectionsExplored connections that have existed so far; one that grows again counts again
 * @param seconds time of each part
 */
public record EpochMetrics(
        int epoch,
        int step,
        double learningRate,
        double trainLoss,
        @Nullable Double trainAccuracy,
        @Nullable Double validationLoss,
        @Nullable Double validationAccuracy,
        @Nullable Double testLoss,
        @Nullable Double testAccuracy,
        long connections,
        List<Integer> layerConnections,
        long connectionsExplored,
        Seconds seconds) {

    /** Requires what no epoch lacks. */
    public EpochMetrics {
        layerConnections = List.copyOf(Objects.requireNonNull(layerConnections, "layer_connections is missing"));
        Objects.requireNonNull(seconds, "seconds is missing");
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch must be at least 1 but was " + epoch);
        }
    }

    /**
     * Where an epoch's time went, in seconds.
     *
     * @param input gathering batches
     * @param forward outputs and loss
     * @param backward gradients of the neurons
     * @param update gradients of the weights, and learning
     * @param evolution changing the topology
     * @param evaluation validation and test
     * @param train the whole of training: input, forward, backward, update and what lies between
     */
    public record Seconds(
            double input,
            double forward,
            double backward,
            double update,
            double evolution,
            double evaluation,
            double train) {}
}
