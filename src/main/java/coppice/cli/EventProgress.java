package coppice.cli;

import coppice.run.EventFile;
import coppice.train.EpochMetrics;
import coppice.train.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes each epoch's numbers to an event file for TensorBoard, and passes progress on. */
final class EventProgress implements Progress, AutoCloseable {
    private final Path directory;
    private final Progress next;
    private @Nullable EventFile file; // begun with the first epoch, whose number it must know

    EventProgress(Path directory, Progress next) {
        this.directory = directory;
        this.next = next;
    }

    @Override
    public void step(int epoch, int step, int steps) {
        next.step(epoch, step, steps);
    }

    @Override
    public void epoch(EpochMetrics metrics, int epochs) {
        next.epoch(metrics, epochs);
        try {
            if (file == null) {
                file = EventFile.create(directory, metrics.epoch());
            }
            file.scalars(metrics.epoch(), scalars(metrics));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Double> scalars(EpochMetrics metrics) {
        Map<String, Double> scalars = new LinkedHashMap<>();
        scalars.put("loss/train", metrics.trainLoss());
        put(scalars, "loss/validation", metrics.validationLoss());
        put(scalars, "loss/test", metrics.testLoss());
        put(scalars, "accuracy/train", metrics.trainAccuracy());
        put(scalars, "accuracy/validation", metrics.validationAccuracy());
        put(scalars, "accuracy/test", metrics.testAccuracy());
        scalars.put("learning_rate", metrics.learningRate());
        scalars.put("connections/all", (double) metrics.connections());
        for (int layer = 0; layer < metrics.layerConnections().size(); layer++) {
            scalars.put("connections/layer_" + layer, (double)
                    metrics.layerConnections().get(layer));
        }
        scalars.put("connections/explored", (double) metrics.connectionsExplored());
        EpochMetrics.Seconds seconds = metrics.seconds();
        scalars.put("seconds/train", seconds.train());
        scalars.put("seconds/forward", seconds.forward());
        scalars.put("seconds/backward", seconds.backward());
        scalars.put("seconds/update", seconds.update());
        scalars.put("seconds/evolution", seconds.evolution());
        scalars.put("seconds/evaluation", seconds.evaluation());
        return scalars;
    }

    private static void put(Map<String, Double> scalars, String tag, @Nullable Double value) {
        if (value != null) {
            scalars.put(tag, value);
        }
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
