package coppice.run;

import coppice.MalformedDataException;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.model.VisibleUnits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tensors of one layer in a checkpoint. */
final class LayerTensors {
    private static final List<List<String>> BUFFERS =
            List.of(List.of(), List.of("velocity"), List.of("first_moment", "second_moment"));

    private LayerTensors() {}

    static void add(LayerState layer, String prefix, List<TensorEntry> tensors) {
        float[] weights = layer.weights();
        CsrPattern pattern = layer.pattern();
        if (pattern == null) {
            tensors.add(weights(prefix + "weight", layer, weights));
        } else {
            tensors.add(TensorEntry.offsets(prefix + "row_offsets", pattern.rowOffsets()));
            tensors.add(TensorEntry.ints(prefix + "column_indices", pattern.columnIndices(), weights.length));
            tensors.add(TensorEntry.floats(prefix + "values", weights, weights.length));
        }
        List<String> names = BUFFERS.get(layer.weightState().size());
        for (int i = 0; i < names.size(); i++) {
            float[] state = layer.weightState().get(i);
            tensors.add(
                    pattern == null
                            ? weights(prefix + names.get(i), layer, state)
                            : TensorEntry.floats(prefix + names.get(i), state, state.length));
        }
        tensors.add(TensorEntry.floats(prefix + "bias", layer.bias(), layer.outputs()));
        for (int i = 0; i < layer.biasState().size(); i++) {
            tensors.add(TensorEntry.floats(
                    prefix + "bias_" + names.get(i), layer.biasState().get(i), layer.outputs()));
        }
        VisibleUnits visible = layer.visible();
        if (visible != null) {
            addVisible(visible, prefix, names, tensors);
        }
        float[] slopes = layer.slopes();
        if (slopes != null) {
            tensors.add(matrix(prefix + "srelu", 4, layer.neurons(), slopes));
            for (int i = 0; i < layer.slopeState().size(); i++) {
                tensors.add(matrix(
                        prefix + "srelu_" + names.get(i),
                        4,
                        layer.neurons(),
                        layer.slopeState().get(i)));
            }
        }
    }

    private static void addVisible(VisibleUnits visible, String prefix, List<String> names, List<TensorEntry> tensors) {
        int units = visible.bias().length;
        tensors.add(TensorEntry.floats(prefix + "visible_bias", visible.bias(), units));
        for (int i = 0; i < visible.biasState().size(); i++) {
            tensors.add(TensorEntry.floats(
                    prefix + "visible_bias_" + names.get(i), visible.biasState().get(i), units));
        }
        tensors.add(TensorEntry.floats(prefix + "base_bias", visible.baseBias(), units));
        float[] chains = visible.chains();
        if (chains != null) {
            tensors.add(TensorEntry.floats(prefix + "chains", chains, chains.length));
        }
    }

    private static @Nullable VisibleUnits visible(Path file, TensorSource reader, LayerShape shape, String prefix)
            throws IOException {
        if (!reader.has(prefix + "visible_bias")) {
            return null;
        }
        int units = shape.inputs();
        float[] chains = reader.has(prefix + "chains") ? reader.floats(prefix + "chains") : null;
        if (chains != null && (chains.length == 0 || chains.length % shape.outputs() != 0)) {
            throw MalformedDataException.inFile(
                    file,
                    "tensor " + prefix + "chains has " + chains.length + " elements; states of " + shape.outputs()
                            + " hidden units were expected");
        }
        return new VisibleUnits(
                floats(file, reader, prefix + "visible_bias", units),
                buffers(file, reader, prefix + "visible_bias_", units),
                floats(file, reader, prefix + "base_bias", units),
                chains);
    }

    /** Dense weights, or something of their shape: (outputs, inputs) or (filters, channels, kernel, kernel). */
    private static TensorEntry weights(String name, LayerState layer, float[] data) {
        Window window = layer.window();
        long[] shape = window == null
                ? new long[] {layer.outputs(), layer.inputs()}
                : new long[] {layer.outputs(), window.channels(), window.kernel(), window.kernel()};
        return TensorEntry.floats(name, shape, data);
    }

    private static TensorEntry matrix(String name, int rows, int columns, float[] data) {
        return TensorEntry.matrix(name, rows, columns, columns, data);
    }

    static LayerState read(Path file, TensorSource reader, LayerShape shape, String prefix) throws IOException {
        CsrPattern pattern = shape.sparse() ? pattern(file, reader, shape, prefix) : null;
        long count = pattern == null ? (long) shape.outputs() * shape.inputs() : pattern.connections();
        float[] weights = floats(file, reader, prefix + (pattern == null ? "weight" : "values"), count);
        float[] slopes =
                reader.has(prefix + "srelu") ? floats(file, reader, prefix + "srelu", 4 * shape.neurons()) : null;
        return new LayerState(
                shape.outputs(),
                shape.inputs(),
                pattern,
                shape.window(),
                weights,
                buffers(file, reader, prefix, count),
                floats(file, reader, prefix + "bias", shape.outputs()),
                buffers(file, reader, prefix + "bias_", shape.outputs()),
                slopes,
                slopes == null ? List.of() : buffers(file, reader, prefix + "srelu_", 4 * shape.neurons()),
                visible(file, reader, shape, prefix));
    }

    private static List<float[]> buffers(Path file, TensorSource reader, String prefix, long count) throws IOException {
        List<float[]> buffers = new ArrayList<>();
        for (List<String> names : BUFFERS) {
            for (String name : names) {
                if (reader.has(prefix + name)) {
                    buffers.add(floats(file, reader, prefix + name, count));
                }
            }
        }
        return buffers;
    }

    private static @Nullable CsrPattern pattern(Path file, TensorSource reader, LayerShape shape, String prefix)
            throws IOException {
        int[] offsets = reader.offsetsAsInts(prefix + "row_offsets");
        int[] columns = reader.ints(prefix + "column_indices");
        try {
            return new CsrPattern(shape.outputs(), shape.inputs(), offsets, columns);
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(file, "tensors " + prefix + "*: " + e.getMessage());
        }
    }

    /** A tensor of floats that must have {@code count} elements. */
    static float[] floats(Path file, TensorSource reader, String name, long count) throws IOException {
        float[] values = reader.floats(name);
        if (values.length != count) {
            throw MalformedDataException.inFile(
                    file, "tensor " + name + " has " + values.length + " elements; " + count + " were expected");
        }
        return values;
    }
}
