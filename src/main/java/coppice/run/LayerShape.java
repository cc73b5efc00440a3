package coppice.run;

import coppice.MalformedDataException;
import coppice.backend.Window;
import coppice.model.LayerState;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a layer as a checkpoint's metadata give it.
 *
 * @param inputs number of input neurons, or terms of a convolution's window, at least 1
 * @param outputs number of output neurons, or filters, at least 1
 * @param sparse whether its weights are stored as CSR
 * @param window of a convolution; null for fully connected neurons
 */
record LayerShape(
        int inputs, int outputs, boolean sparse, @Nullable Window window) {
    /** The numbers of a window, in its order. */
    private static final List<String> WINDOW =
            List.of("channels", "height", "width", "kernel", "stride", "top", "left", "out_height", "out_width");

    static LayerShape of(LayerState layer) {
        return new LayerShape(layer.inputs(), layer.outputs(), layer.pattern() != null, layer.window());
    }

    /** Number of neurons. */
    long neurons() {
        return window == null ? outputs : (long) outputs * window.outHeight() * window.outWidth();
    }

    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("inputs", inputs);
        json.put("outputs", outputs);
        json.put("sparse", sparse);
        if (window != null) {
            json.put("window", window);
        }
        return json;
    }

    static LayerShape of(Path file, int layer, Object json) {
        if (json instanceof Map<?, ?> map
                && map.get("inputs") instanceof Integer inputs
                && map.get("outputs") instanceof Integer outputs
                && map.get("sparse") instanceof Boolean sparse
                && inputs > 0
                && outputs > 0) {
            Object described = map.get("window");
            Window window = described == null ? null : window(file, layer, described);
            if (window == null || window.terms() == inputs) {
                return new LayerShape(inputs, outputs, sparse, window);
            }
        }
        throw MalformedDataException.inFile(
                file,
                "metadata layers: layer " + layer + " needs inputs and outputs above 0 and sparse but is " + json);
    }

    /** A window whose numbers make sense; whether it is the network's is for its model to say. */
    private static Window window(Path file, int layer, Object json) {
        int[] sizes = WINDOW.stream()
                .mapToInt(name -> json instanceof Map<?, ?> map && map.get(name) instanceof Integer size ? size : -1)
                .toArray();
        String reason = "each of " + WINDOW + " must be a number";
        if (IntStream.of(sizes).allMatch(size -> size >= 0)) {
            try {
                Window window = new Window(
                        sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6], sizes[7], sizes[8]);
                window.terms();
                return window;
            } catch (IllegalArgumentException | ArithmeticException e) {
                reason = String.valueOf(e.getMessage());
            }
        }
        throw MalformedDataException.inFile(
                file, "metadata layers: layer " + layer + " has a window that is none: " + reason);
    }
}
