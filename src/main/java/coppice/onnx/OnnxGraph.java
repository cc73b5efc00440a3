package coppice.onnx;

import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A graph of ONNX operators under construction.
 *
 * <p>Every value has a name: that of an input, of an initializer, or of the one output of a node. Field numbers are
 * those of the standard's message definitions.
 */
final class OnnxGraph {
    /** The first version with sparse initializers (ONNX 1.6), and its operators. */
    private static final int IR_VERSION = 6;

    private static final int OPERATOR_SET = 11;
    private static final int TYPE_FLOAT = 1;
    private static final int TYPE_INT64 = 7;
    private static final String BATCH = "batch";

    // fields of GraphProto
    private static final int NODE = 1;
    private static final int NAME = 2;
    private static final int INITIALIZER = 5;
    private static final int INPUT = 11;
    private static final int OUTPUT = 12;
    private static final int SPARSE_INITIALIZER = 15;

    // fields of TensorProto
    private static final int DIMENSION = 1;
    private static final int DATA_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int RAW_DATA = 9;

    private final ProtoMessage graph = new ProtoMessage().text(NAME, "coppice");

    /** A property of a node. */
    record Attribute(ProtoMessage message) {
        private static final int FLOAT = 1;
        private static final int INT = 2;
        private static final int INTS = 7;
        private static final int TYPE = 20;

        static Attribute of(String name, float value) {
            return new Attribute(new ProtoMessage().text(1, name).real(2, value).number(TYPE, FLOAT));
        }

        static Attribute of(String name, long value) {
            return new Attribute(
                    new ProtoMessage().text(1, name).number(3, value).number(TYPE, INT));
        }

        static Attribute of(String name, List<Long> values) {
            ProtoMessage message = new ProtoMessage().text(1, name);
            values.forEach(value -> message.number(8, value));
            return new Attribute(message.number(TYPE, INTS));
        }
    }

    /** Declares a float input of (batch, features). */
    String input(String name, int features) {
        graph.message(INPUT, batchOf(name, features));
        return name;
    }

    /** Declares a value of (batch, features) an output. */
    void output(String name, int features) {
        graph.message(OUTPUT, batchOf(name, features));
    }

    private static ProtoMessage batchOf(String name, int features) {
        ProtoMessage shape = new ProtoMessage()
                .message(1, new ProtoMessage().text(2, BATCH))
                .message(1, new ProtoMessage().number(1, features));
        ProtoMessage tensor = new ProtoMessage().number(1, TYPE_FLOAT).message(2, shape);
        return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
    }

    /** Adds a node whose output is called {@code output}; returns that. */
    String node(String operator, String output, List<String> inputs, Attribute... attributes) {
        ProtoMessage node = new ProtoMessage();
        inputs.forEach(input -> node.text(1, input));
        node.text(2, output).text(3, output).text(4, operator);
        for (Attribute attribute : attributes) {
            node.message(5, attribute.message());
        }
        graph.message(NODE, node);
        return output;
    }

    /** Adds a tensor; returns its name. */
    String floats(String name, float[] values, long... shape) {
        graph.message(
                INITIALIZER,
                tensor(name, TYPE_FLOAT, shape)
                        .bytes(
                                RAW_DATA,
                                (long) values.length * Float.BYTES,
                                sink -> sink.floats(values, 0, values.length)));
        return name;
    }

    /** Adds a tensor of whole numbers; returns its name. */
    String longs(String name, long... values) {
        graph.message(
                INITIALIZER,
                tensor(name, TYPE_INT64, values.length).bytes(RAW_DATA, (long) values.length * Long.BYTES, sink -> {
                    for (long value : values) {
                        sink.number(value);
                    }
                }));
        return name;
    }

    /**
     * Adds the weights of a layer in the form that takes less; returns their name.
     *
     * @param dense whether only the dense form will do
     * @param shape of (outputs, inputs), or with inputs in several dimensions
     */
    String weights(String name, LayerState layer, boolean dense, long... shape) {
        CsrPattern pattern = layer.pattern();
        if (pattern == null) {
            return floats(name, layer.weights(), shape);
        }
        long sparseBytes = (long) pattern.connections() * (Float.BYTES + Long.BYTES);
        if (!dense && sparseBytes < pattern.cells() * Float.BYTES) {
            sparse(name, pattern, layer.weights());
        } else {
            dense(name, pattern, layer.weights(), shape);
        }
        return name;
    }

    /** Adds a tensor of cells that are not zero, each with its place in row-major order, ascending. */
    private void sparse(String name, CsrPattern pattern, float[] values) {
        int count = pattern.connections();
        ProtoMessage present = tensor(name, TYPE_FLOAT, count)
                .bytes(RAW_DATA, (long) count * Float.BYTES, sink -> sink.floats(values, 0, count));
        ProtoMessage places = tensor("", TYPE_INT64, count).bytes(RAW_DATA, (long) count * Long.BYTES, sink -> {
            int[] columns = pattern.columnIndices();
            for (int row = 0; row < pattern.rows(); row++) {
                long start = (long) row * pattern.columns();
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    sink.number(start + columns[k]);
                }
            }
        });
        graph.message(
                SPARSE_INITIALIZER,
                new ProtoMessage()
                        .message(1, present)
                        .message(2, places)
                        .number(3, pattern.rows())
                        .number(3, pattern.columns()));
    }

    private void dense(String name, CsrPattern pattern, float[] values, long... shape) {
        ProtoMessage.Content rows = sink -> {
            float[] cells = new float[pattern.columns()];
            for (int row = 0; row < pattern.rows(); row++) {
                Arrays.fill(cells, 0);
                for (int k = pattern.rowOffsets()[row]; k < pattern.rowOffsets()[row + 1]; k++) {
                    cells[pattern.columnIndices()[k]] = values[k];
                }
                sink.floats(cells, 0, cells.length);
            }
        };
        graph.message(
                INITIALIZER, tensor(name, TYPE_FLOAT, shape).bytes(RAW_DATA, pattern.cells() * Float.BYTES, rows));
    }

    private static ProtoMessage tensor(String name, int type, long... shape) {
        ProtoMessage tensor = new ProtoMessage();
        for (long size : shape) {
            tensor.number(DIMENSION, size);
        }
        return tensor.number(DATA_TYPE, type).text(TENSOR_NAME, name);
    }

    /**
     * The finished model.
     *
     * @param version of the program that made it
     * @param metadata texts that go with it
     */
    ProtoMessage model(String version, Map<String, String> metadata) {
        ProtoMessage model = new ProtoMessage()
                .number(1, IR_VERSION)
                .text(2, "Coppice")
                .text(3, version)
                .message(7, graph)
                .message(8, new ProtoMessage().text(1, "").number(2, OPERATOR_SET));
        metadata.forEach(
                (key, text) -> model.message(14, new ProtoMessage().text(1, key).text(2, text)));
        return model;
    }
}
