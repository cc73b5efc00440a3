package coppice.run;

import coppice.MalformedDataException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The shape of a layer as a checkpoint's metadata give it.
 *
 * @param inputs number of input neurons, at least 1
 * @param outputs number of output neurons, at least 1
 * @param sparse whether its weights are stored as CSR
 */
record LayerShape(int inputs, int outputs, boolean sparse) {
    static LayerShape of(Path file, int layer, Object json) {
        if (json instanceof Map<?, ?> map
                && map.get("inputs") instanceof Integer inputs
                && map.get("outputs") instanceof Integer outputs
                && map.get("sparse") instanceof Boolean sparse
                && inputs > 0
                && outputs > 0) {
            return new LayerShape(inputs, outputs, sparse);
        }
        throw MalformedDataException.inFile(
                file,
                "metadata layers: layer " + layer + " needs inputs and outputs above 0 and sparse but is " + json);
    }
}
