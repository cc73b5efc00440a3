package coppice.onnx;

import coppice.backend.Activation;
import coppice.backend.Loss;
import coppice.backend.Pooling;
import coppice.backend.Window;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.model.Shape;
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
 * <p>Input {@code input}, (batch, features); outputs {@code probabilities} and {@code logits}, (batch, classes), or of
 * a restricted Boltzmann machine {@code hidden_probabilities}, or of a regression {@code prediction}. The normalization
 * is part of the graph, dropout is not. The metadata hold the class names and the settings of training as JSON texts.
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
        int learned = 0;
        boolean images = false; // whether the value is (batch, channels, height, width)
        for (ModelSpec.Stage stage : spec.stages()) {
            if (images != (stage.window() != null)) {
                images = !images;
                value = images ? asImages(value, stage.input()) : flat(value);
            }
            if (!stage.spec().learns()) {
                value = pooled(stage, name(learned, "pooled"), value);
                continue;
            }
            LayerState layer = saved.layers().get(learned);
            String sums = learned < last || machine ? name(learned, "sums") : "logits";
            value = images ? convolution(layer, learned, value, sums) : fullyConnected(layer, learned, value, sums);
            if (learned < last) {
                value = activated(stage.activation(), layer, learned, value);
            }
            learned++;
        }
        finish(spec.loss(), saved, machine, value);
        this.message = graph.model(version, metadata(saved, machine));
        requireAtMost(message.length(), "the model");
    }

    /** What the outputs mean: probabilities of classes or of hidden units, or a number in its own unit. */
    private void finish(Loss loss, Checkpoint saved, boolean machine, String sums) {
        int outputs = saved.layers().get(saved.layers().size() - 1).outputs();
        float[] target = saved.statistics().target();
        if (loss == Loss.SQUARED_ERROR && target != null) {
            String deviation = graph.floats("output.deviation", new float[] {target[1]});
            String mean = graph.floats("output.mean", new float[] {target[0]});
            String scaled = graph.node("Mul", "scaled", List.of(sums, deviation));
            graph.output(graph.node("Add", "prediction", List.of(scaled, mean)), outputs);
            return;
        }
        String probabilities = machine ? "hidden_probabilities" : "probabilities";
        if (loss == Loss.CROSS_ENTROPY) {
            graph.node("Softmax", probabilities, List.of(sums), Attribute.of("axis", 1L));
        } else {
            graph.node("Sigmoid", probabilities, List.of(sums));
        }
        graph.output(probabilities, outputs);
        if (!machine) {
            graph.output(sums, outputs);
        }
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
        float[] means = saved.statistics().means();
        if (means != null) {
            String missing = graph.node("IsNaN", "missing", List.of(input));
            input = graph.node(
                    "Where", "filled", List.of(missing, graph.floats("input.means", means, features), input));
        }
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

    private String asImages(String value, Shape shape) {
        String sizes = graph.longs(value + ".shape", -1, shape.channels(), shape.height(), shape.width());
        return graph.node("Reshape", value + ".images", List.of(value, sizes));
    }

    private String flat(String value) {
        return graph.node("Flatten", value + ".flat", List.of(value), Attribute.of("axis", 1L));
    }

    private String pooled(ModelSpec.Stage stage, String output, String value) {
        Window window = Objects.requireNonNull(stage.window());
        boolean greatest = stage.spec().operation() instanceof LayerSpec.Pool pool && pool.pooling() == Pooling.MAX;
        return graph.node(
                greatest ? "MaxPool" : "AveragePool",
                output,
                List.of(value),
                square("kernel_shape", window.kernel()),
                square("strides", window.stride()));
    }

    /** Sparse filters are dense here: they are small, and ONNX Runtime takes no others. */
    private String convolution(LayerState layer, int n, String input, String output) {
        Window window = Objects.requireNonNull(layer.window());
        int kernel = window.kernel();
        String weights =
                graph.weights(name(n, "weight"), layer, true, layer.outputs(), window.channels(), kernel, kernel);
        String bias = graph.floats(name(n, "bias"), layer.bias(), layer.outputs());
        int bottom = (window.outHeight() - 1) * window.stride() + kernel - window.top() - window.height();
        int right = (window.outWidth() - 1) * window.stride() + kernel - window.left() - window.width();
        List<Long> pads = List.of((long) window.top(), (long) window.left(), Math.max(0L, bottom), Math.max(0L, right));
        return graph.node(
                "Conv",
                output,
                List.of(input, weights, bias),
                square("kernel_shape", kernel),
                square("strides", window.stride()),
                Attribute.of("pads", pads));
    }

    private static Attribute square(String name, int side) {
        return Attribute.of(name, List.of((long) side, (long) side));
    }

    private String fullyConnected(LayerState layer, int n, String input, String output) {
        String weights = graph.weights(name(n, "weight"), layer, form.dense(), layer.outputs(), layer.inputs());
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

    /** Below the left knee and above the right one a line through the knee with its own slope, between them z. */
    private String srelu(LayerState layer, int n, String z, String output) {
        float[] slopes = Objects.requireNonNull(layer.slopes());
        int neurons = layer.neurons();
        Window window = layer.window();
        long[] shape = window == null
                ? new long[] {neurons}
                : new long[] {layer.outputs(), window.outHeight(), window.outWidth()};
        float[] leftKnee = Arrays.copyOfRange(slopes, 0, neurons);
        float[] rightKnee = new float[neurons];
        for (int i = 0; i < neurons; i++) {
            rightKnee[i] = leftKnee[i] + Math.abs(slopes[2 * neurons + i]);
        }
        String left = graph.floats(name(n, "left_knee"), leftKnee, shape);
        String right = graph.floats(name(n, "right_knee"), rightKnee, shape);
        String leftSlope = graph.floats(name(n, "left_slope"), Arrays.copyOfRange(slopes, neurons, 2 * neurons), shape);
        String rightSlope =
                graph.floats(name(n, "right_slope"), Arrays.copyOfRange(slopes, 3 * neurons, 4 * neurons), shape);
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
