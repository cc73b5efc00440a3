package coppice.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was measured on the training samples, besides the normalization, and is needed to use the model: each part null
 * where the run did not ask for it.
 *
 * @param means of the features, to put where values are missing: {@code input.means}
 * @param classWeights weights of the classes in the loss: {@code output.class_weights}
 * @param target mean and standard deviation of the numbers to predict: {@code output.mean_and_deviation}
 */
@SuppressWarnings("ArrayRecordComponent") // adopted, not compared
public record TrainingStatistics(float @Nullable [] means, float @Nullable [] classWeights, float @Nullable [] target) {
    /** Nothing measured. */
    public static final TrainingStatistics NONE = new TrainingStatistics(null, null, null);

    private static final String MEANS = "input.means";
    private static final String CLASS_WEIGHTS = "output.class_weights";
    private static final String TARGET = "output.mean_and_deviation";

    void addTo(List<TensorEntry> tensors) {
        add(MEANS, means, tensors);
        add(CLASS_WEIGHTS, classWeights, tensors);
        add(TARGET, target, tensors);
    }

    private static void add(String name, float @Nullable [] values, List<TensorEntry> tensors) {
        if (values != null) {
            tensors.add(TensorEntry.floats(name, values, values.length));
        }
    }

    static TrainingStatistics read(Path file, TensorSource reader, int features, int outputs) throws IOException {
        return new TrainingStatistics(
                floats(file, reader, MEANS, features),
                floats(file, reader, CLASS_WEIGHTS, outputs),
                floats(file, reader, TARGET, 2));
    }

    private static float @Nullable [] floats(Path file, TensorSource reader, String name, int count)
            throws IOException {
        return reader.has(name) ? LayerTensors.floats(file, reader, name, count) : null;
    }
}
