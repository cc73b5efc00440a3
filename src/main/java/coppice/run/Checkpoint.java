package coppice.run;

import coppice.MalformedDataException;
import coppice.model.LayerState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A network with everything needed to use it or to train it on, as one safetensors file.
 *
 * <p>Tensors: {@code layer.N.row_offsets}, {@code layer.N.column_indices} and {@code layer.N.values} of a sparse layer
 * (CSR, outputs x inputs) or {@code layer.N.weight} of a dense one, {@code layer.N.bias}, {@code layer.N.srelu} where
 * there is one, the optimizer's buffers ({@code layer.N.velocity}, or {@code .first_moment} and {@code .second_moment};
 * the same with {@code bias_} and {@code srelu_}), {@code input.offset} and {@code input.scale}. A restricted Boltzmann
 * machine also has {@code layer.0.visible_bias}, {@code .base_bias} and, if persistent, {@code .chains}. N counts from
 * 0. The metadata hold JSON texts. Nothing here depends on where or how fast a run went.
 *
 * @param configuration the settings that the numbers depend on
 * @param training the state of training, a JSON text
 * @param classes the class names, in the order of the outputs
 * @param offset subtracted from each feature
 * @param scale multiplied with each feature after that
 * @param layers what the layers have learned
 */
@SuppressWarnings("ArrayRecordComponent") // adopted, not compared
public record Checkpoint(
        Map<String, String> configuration,
        String training,
        List<String> classes,
        float[] offset,
        float[] scale,
        List<LayerState> layers) {
    private static final String FORMAT = "coppice-checkpoint/1";

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
        List<Map<String, Object>> shapes = new ArrayList<>();
        for (int n = 0; n < layers.size(); n++) {
            LayerState layer = layers.get(n);
            Map<String, Object> shape = new LinkedHashMap<>();
            shape.put("inputs", layer.inputs());
            shape.put("outputs", layer.outputs());
            shape.put("sparse", layer.pattern() != null);
            shapes.add(shape);
            LayerTensors.add(layer, "layer." + n + ".", tensors);
        }
        metadata.put("layers", Json.compact(shapes));
        tensors.add(TensorEntry.floats("input.offset", offset, offset.length));
        tensors.add(TensorEntry.floats("input.scale", scale, scale.length));
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
            List<LayerState> layers = new ArrayList<>();
            for (int n = 0; n < shapes.size(); n++) {
                LayerShape shape = LayerShape.of(file, n, shapes.get(n));
                if (n > 0 && shape.inputs() != layers.get(n - 1).outputs()) {
                    throw MalformedDataException.inFile(
                            file,
                            "layer " + n + " takes " + shape.inputs() + " inputs but layer " + (n - 1) + " has "
                                    + layers.get(n - 1).outputs() + " outputs");
                }
                layers.add(LayerTensors.read(file, reader, shape, "layer." + n + "."));
            }
            int features = layers.isEmpty() ? 0 : layers.get(0).inputs();
            int outputs = layers.isEmpty() ? 0 : layers.get(layers.size() - 1).outputs();
            boolean machine = !layers.isEmpty() && layers.get(0).visible() != null; // its outputs are no classes
            if (layers.isEmpty() || (!machine && classes.size() != outputs)) {
                throw MalformedDataException.inFile(
                        file,
                        "a class for each of " + outputs + " outputs was expected but there are " + classes.size());
            }
            float[] offset = LayerTensors.floats(file, reader, "input.offset", features);
            float[] scale = LayerTensors.floats(file, reader, "input.scale", features);
            String training = Json.compact(parse(file, metadata, "training", Map.class));
            return new Checkpoint(settings, training, classes, offset, scale, layers);
        }
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
