package coppice.run;

import coppice.MalformedDataException;
import coppice.model.LayerState;
import coppice.model.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network with everything needed to use it or to train it on, as one safetensors file.
 *
 * <p>Tensors: {@code layer.N.row_offsets}, {@code layer.N.column_indices} and {@code layer.N.values} of a sparse layer
 * (CSR, outputs x inputs) or {@code layer.N.weight} of a dense one, which for a convolution has four dimensions
 * (filters, channels, height, width); {@code layer.N.bias}; {@code layer.N.srelu} where there is one. The optimizer's
 * buffers are {@code layer.N.velocity}, or {@code .first_moment} and {@code .second_moment}; those of biases and
 * of SReLU have {@code bias_} and {@code srelu_} before their names. {@code input.offset} and {@code input.scale}
 * normalize. A restricted Boltzmann machine also has {@code layer.0.visible_bias}, {@code .base_bias} and, if
 * persistent, {@code .chains}. N counts from 0. {@link TrainingStatistics} names what else may be there.
 *
 * <p>The metadata hold JSON texts, {@code features} (names) and {@code image} (channels, height, width) only where they
 * are known. Nothing here depends on where or how fast a run went.
 *
 * @param configuration the settings that the numbers depend on
 * @param training the state of training, a JSON text
 * @param classes the class names, in the order of the outputs
 * @param offset subtracted from each feature
 * @param scale multiplied with each feature after that
 * @param statistics what else was measured on the training samples
 * @param layers what the layers have learned
 * @param inputs what is known of the features
 */
@SuppressWarnings("ArrayRecordComponent") // adopted, not compared
public record Checkpoint(
        Map<String, String> configuration,
        String training,
        List<String> classes,
        float[] offset,
        float[] scale,
        TrainingStatistics statistics,
        List<LayerState> layers,
        Inputs inputs) {
    private static final String FORMAT = "coppice-checkpoint/1";

    /** A checkpoint that knows nothing of its features, of a run that measured nothing else. */
    public Checkpoint(
            Map<String, String> configuration,
            String training,
            List<String> classes,
            float[] offset,
            float[] scale,
            List<LayerState> layers) {
        this(configuration, training, classes, offset, scale, TrainingStatistics.NONE, layers, Inputs.UNKNOWN);
    }

    /**
     * Replaces {@code file} atomically.
     *
     * @return SHA-256 of the file in hex
     */
    public String write(Path file) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorEntry> tensors = new ArrayList<>();
        describe(metadata, tensors);
        return SafeTensors.write(file, metadata, tensors);
    }

    /** Replaces {@code file} atomically by an NPZ file, whose sparse layers have the names that SciPy gives them. */
    public void writeNpz(Path file) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        List<TensorEntry> tensors = new ArrayList<>();
        describe(metadata, tensors);
        for (int n = 0; n < layers.size(); n++) {
            if (layers.get(n).pattern() != null) {
                long[] shape = {layers.get(n).outputs(), layers.get(n).inputs()};
                tensors.add(TensorEntry.longs("layer." + n + ".shape", shape, shape.length));
            }
        }
        Npz.write(file, metadata, tensors);
    }

    private void describe(Map<String, String> metadata, List<TensorEntry> tensors) {
        metadata.put("format", FORMAT);
        metadata.put("configuration", Json.compact(configuration));
        metadata.put("training", training);
        metadata.put("classes", Json.compact(classes));
        if (!inputs.names().isEmpty()) {
            metadata.put("features", Json.compact(inputs.names()));
        }
        if (inputs.image() != null) {
            metadata.put("image", Json.compact(inputs.image()));
        }
        List<Map<String, Object>> shapes = new ArrayList<>();
        for (int n = 0; n < layers.size(); n++) {
            LayerState layer = layers.get(n);
            shapes.add(LayerShape.of(layer).json());
            LayerTensors.add(layer, "layer." + n + ".", tensors);
        }
        metadata.put("layers", Json.compact(shapes));
        tensors.add(TensorEntry.floats("input.offset", offset, offset.length));
        tensors.add(TensorEntry.floats("input.scale", scale, scale.length));
        statistics.addTo(tensors);
    }

    /**
     * Reads a checkpoint or an export, a safetensors or an NPZ file; nothing in it is trusted.
     *
     * @throws MalformedDataException if it is damaged or no checkpoint of Coppice
     */
    public static Checkpoint read(Path file) throws IOException {
        return read(file, open(file));
    }

    /** The same without what only training needs: the optimizer's buffers and the states of chains. */
    public static Checkpoint readWeights(Path file) throws IOException {
        return read(file, new WeightsOnly(open(file)));
    }

    private static TensorSource open(Path file) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(file)) {
            start = in.readNBytes(Long.BYTES);
        }
        return NpzReader.isZip(start) ? new NpzReader(file) : SafeTensors.open(file);
    }

    private static Checkpoint read(Path file, TensorSource reader) throws IOException {
        try (reader) {
            Map<String, String> metadata = reader.metadata();
            if (!FORMAT.equals(metadata.get("format"))) {
                throw MalformedDataException.inFile(
                        file, "metadata format " + FORMAT + " was expected but it is " + metadata.get("format"));
            }
            Map<String, String> settings = new LinkedHashMap<>();
            ((Map<?, ?>) parse(file, metadata, "configuration", Map.class))
                    .forEach((key, value) -> settings.put(String.valueOf(key), String.valueOf(value)));
            List<String> classes = new ArrayList<>();
            ((List<?>) parse(file, metadata, "classes", List.class)).forEach(name -> classes.add(String.valueOf(name)));
            List<?> shapes = parse(file, metadata, "layers", List.class);
            boolean chained = !settings.containsKey("layers"); // nothing between the layers of weights
            List<LayerState> layers = new ArrayList<>();
            for (int n = 0; n < shapes.size(); n++) {
                LayerShape shape = LayerShape.of(file, n, shapes.get(n));
                if (chained && n > 0 && shape.inputs() != layers.get(n - 1).outputs()) {
                    throw MalformedDataException.inFile(
                            file,
                            "layer " + n + " takes " + shape.inputs() + " inputs but layer " + (n - 1) + " has "
                                    + layers.get(n - 1).outputs() + " outputs");
                }
                layers.add(LayerTensors.read(file, reader, shape, "layer." + n + "."));
            }
            if (layers.isEmpty()) {
                throw MalformedDataException.inFile(
                        file, "a class for each of 0 outputs was expected but there are " + classes.size());
            }
            Shape image = image(file, metadata);
            int features = chained || image == null ? layers.get(0).inputs() : image.neurons();
            int outputs = layers.get(layers.size() - 1).outputs();
            TrainingStatistics statistics = TrainingStatistics.read(file, reader, features, outputs);
            requireClasses(file, classes, layers, statistics);
            float[] offset = LayerTensors.floats(file, reader, "input.offset", features);
            float[] scale = LayerTensors.floats(file, reader, "input.scale", features);
            String training = Json.compact(parse(file, metadata, "training", Map.class));
            return new Checkpoint(
                    settings,
                    training,
                    classes,
                    offset,
                    scale,
                    statistics,
                    layers,
                    inputs(file, metadata, features, image));
        }
    }

    /** A class an output; one output and no class where a number is predicted. The outputs of a machine are neither. */
    private static void requireClasses(
            Path file, List<String> classes, List<LayerState> layers, TrainingStatistics statistics) {
        int outputs = layers.get(layers.size() - 1).outputs();
        boolean number = statistics.target() != null && outputs == 1 && classes.isEmpty();
        if (!number && classes.size() != outputs && layers.get(0).visible() == null) {
            throw MalformedDataException.inFile(
                    file, "a class for each of " + outputs + " outputs was expected but there are " + classes.size());
        }
    }

    private static @Nullable Shape image(Path file, Map<String, String> metadata) {
        return metadata.containsKey("image") ? parse(file, metadata, "image", Shape.class) : null;
    }

    private static Inputs inputs(Path file, Map<String, String> metadata, int features, @Nullable Shape image) {
        List<String> names = new ArrayList<>();
        if (metadata.containsKey("features")) {
            ((List<?>) parse(file, metadata, "features", List.class)).forEach(name -> names.add(String.valueOf(name)));
        }
        if (!names.isEmpty() && names.size() != features) {
            throw MalformedDataException.inFile(
                    file, "metadata features: " + features + " names were expected but there are " + names.size());
        }
        if (image != null && image.neurons() != features) {
            throw MalformedDataException.inFile(
                    file, "metadata image: " + features + " features do not form an image of " + image);
        }
        return new Inputs(names, image);
    }

    private static <T> T parse(Path file, Map<String, String> metadata, String key, Class<T> type) {
        String text = metadata.get(key);
        if (text == null) {
            throw MalformedDataException.inFile(file, "metadata " + key + " is missing");
        }
        try {
            return Json.parse(text, type);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(file, "metadata " + key + ": " + e.getMessage());
        }
    }

    /** Number of learned numbers: weights, biases and slopes. */
    public long parameters() {
        return layers.stream().mapToLong(LayerState::parameters).sum();
    }

    /** Number of stored weights. */
    public long connections() {
        return layers.stream().mapToLong(LayerState::connections).sum();
    }
}
