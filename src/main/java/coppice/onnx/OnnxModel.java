package coppice.onnx;

import coppice.backend.Activation;
import coppice.backend.Loss;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.onnx.OnnxGraph.Attribute;
import coppice.run.AtomicFile;
import coppice.run.Checkpoint;
import coppice.run.Json;
import coppice.run.ValueSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * A saved model as an ONNX graph, from raw features to probabilities.
 *
 * <p>Input {@code input}, (batch, features); outputs {@code probabilities} and {@code logits}, (batch, classes), or of a
 * restricted Boltzmann machine {@code hidden_probabilities}. The normalization is part of the graph, dropout is not. The
 * metadata hold the class names and the settings of training as JSON texts.
 *
 * <p>Sparse layers are sparse initializers: 12 bytes a connection in the file. ONNX Runtime makes them dense when it
 * loads the model, so what they take there is the product of their sizes.
 */
public final class OnnxModel {
    /** The most bytes that a Protocol Buffers message, and ONNX Runtime for a tensor, may have. */
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    private final OnnxGraph graph = new OnnxGraph();
    private final Form form;
    private final ProtoMessage message;
    private final long denseBytes;

    /**
     * How a model becomes a graph.
     *
     * @param threshold whether normalized features become 1 from 0.5 on, else 0
     * @param dense whether sparse layers are dense in the file too
     */
    public record Form(boolean threshold, boolean dense) {}

    /**
     * Builds the graph; nothing is copied.
     *
     * @param saved what was learned
     * @param spec the shape
     * @param version of this program
     * @throws IllegalArgumentException if ONNX has no room for it
     */
    public OnnxModel(Checkpoint saved, ModelSpec spec, Form form, String version) {
        this.form = form;
        long bytes = 0;
        for (int n = 0; n < saved.layers().size(); n++) {
            bytes += denseBytes(saved.layers().get(n), n);
        }
        this.denseBytes = bytes;
        String value = normalized(saved);
        if (form.threshold()) {
            value = threshold(value);
        }
        boolean machine = saved.layers().get(0).visible() != null;
        int last = saved.layers().size() - 1;
        for (int n = 0; n < last; n++) {
            String sums = fullyConnected(saved.layers().get(n), n, value, name(n, "sums"));
            value = activated(spec.activation().forLayer(n), saved.layers().get(n), n, sums);
        }
        LayerState outputs = saved.layers().get(last);
        String logits = fullyConnected(outputs, last, value, machine ? name(last, "sums") : "logits");
        String probabilities = machine ? "hidden_probabilities" : "probabilities";
        if (spec.loss() == Loss.CROSS_ENTROPY) {
            graph.node("Softmax", probabilities, List.of(logits), Attribute.of("axis", 1L));
        } else {
            graph.node("Sigmoid", probabilities, List.of(logits));
        }
        graph.output(probabilities, outputs.outputs());
        if (!machine) {
            graph.output(logits, outputs.outputs());
        }
        this.message = graph.model(version, metadata(saved, machine));
        requireAtMost(message.length(), "the model");
    }

    private static Map<String, String> metadata(Checkpoint saved, boolean machine) {
        Map<String, String> metadata = new LinkedHashMap<>();
        if (!machine) {
            metadata.put("classes", Json.compact(saved.classes()));
        }
        metadata.put("configuration", Json.compact(saved.configuration()));
        return metadata;
    }

    private static long denseBytes(LayerState layer, int number) {
        long bytes = Float.BYTES * ((long) layer.outputs() * layer.inputs());
        requireAtMost(bytes, "layer " + number + ", " + layer.outputs() + " x " + layer.inputs() + ", made dense");
        return bytes;
    }

    private static void requireAtMost(long bytes, String what) {
        if (bytes > MOST_BYTES) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "%s takes %.1f GB but ONNX has room for 2.1 GB: npz and safetensors have no such limit",
                    what,
                    bytes / 1e9));
        }
    }

    /** (x - offset) * scale, as in training. */
    private String normalized(Checkpoint saved) {
        int features = saved.offset().length;
        String input = graph.input("input", features);
        String shifted =
                graph.node("Sub", "shifted", List.of(input, graph.floats("input.offset", saved.offset(), features)));
        return graph.node("Mul", "normalized", List.of(shifted, graph.floats("input.scale", saved.scale(), features)));
    }

    private String threshold(String value) {
        String half = graph.floats("half", new float[] {0.5f});
        String below = graph.node("Less", "below", List.of(value, half));
        String from = graph.node("Not", "from", List.of(below));
        return graph.node("Cast", "states", List.of(from), Attribute.of("to", 1L));
    }

    private String fullyConnected(LayerState layer, int n, String input, String output) {
        String weights = graph.weights(name(n, "weight"), layer, form.dense());
        String bias = graph.floats(name(n, "bias"), layer.bias(), layer.outputs());
        return graph.node("Gemm", output, List.of(input, weights, bias), Attribute.of("transB", 1L));
    }

    private String activated(Activation activation, LayerState layer, int n, String sums) {
        String output = name(n, "output");
        return switch (activation.kind()) {
            case IDENTITY -> sums;
            case RELU -> graph.node("Relu", output, List.of(sums));
            case LEAKY -> graph.node("LeakyRelu", output, List.of(sums), Attribute.of("alpha", activation.slope()));
            case TANH -> graph.node("Tanh", output, List.of(sums));
            case SIGMOID -> graph.node("Sigmoid", output, List.of(sums));
            case SRELU -> srelu(layer, n, sums, output);
        };
    }

    /** Below the left knee and above the right one a line through the knee with its own slope, between them z itself. */
    private String srelu(LayerState layer, int n, String z, String output) {
        float[] slopes = Objects.requireNonNull(layer.slopes());
        int neurons = layer.outputs();
        float[] leftKnee = Arrays.copyOfRange(slopes, 0, neurons);
        float[] rightKnee = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            rightKnee[i] = leftKnee[i] + Math.abs(slopes[2 * neurons + i]);
        }
        String left = graph.floats(name(n, "left_knee"), leftKnee, neurons);
        String right = graph.floats(name(n, "right_knee"), rightKnee, neurons);
        String leftSlope =
                graph.floats(name(n, "left_slope"), Arrays.copyOfRange(slopes, neurons, 2 * neurons), neurons);
        String rightSlope =
                graph.floats(name(n, "right_slope"), Arrays.copyOfRange(slopes, 3 * neurons, 4 * neurons), neurons);
        String leftLine = line(n, "left", z, left, leftSlope);
        String rightLine = line(n, "right", z, right, rightSlope);
        String aboveLeft = graph.node("Greater", name(n, "above_left"), List.of(z, left));
        String bent = graph.node("Where", name(n, "bent"), List.of(aboveLeft, z, leftLine));
        String belowRight = graph.node("Less", name(n, "below_right"), List.of(z, right));
        return graph.node("Where", output, List.of(belowRight, bent, rightLine));
    }

    /** knee + slope (z - knee). */
    private String line(int n, String side, String z, String knee, String slope) {
        String distance = graph.node("Sub", name(n, side + "_distance"), List.of(z, knee));
        String rise = graph.node("Mul", name(n, side + "_rise"), List.of(distance, slope));
        return graph.node("Add", name(n, side + "_line"), List.of(rise, knee));
    }

    private static String name(int layer, String part) {
        return "layer." + layer + "." + part;
    }

    /** The bytes of the file. */
    public long fileBytes() {
        return message.length();
    }

    /** The bytes that all weights take once they are dense. */
    public long denseBytes() {
        return denseBytes;
    }

    /** Replaces {@code file} atomically. */
    public void write(Path file) throws IOException {
        AtomicFile.write(file, channel -> {
            ValueSink sink = new ValueSink(bytes -> AtomicFile.writeFully(channel, bytes));
            message.writeTo(sink);
            sink.flush();
        });
    }
}
