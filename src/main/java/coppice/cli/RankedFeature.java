package coppice.cli;

import coppice.model.LayerState;
import coppice.model.Shape;
import coppice.run.Inputs;
import coppice.topology.TopologyMetrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An input neuron of a chain of fully connected layers and how much a model makes of it.
 *
 * <p>Features are ranked by strength, as QuickSelection does (Atashgahi et al. 2022).
 *
 * @param rank from 1, the strongest
 * @param feature its index, from 0
 * @param name as in the data; null where they named none
 * @param pixel row and column in the image, from 0, after the channel if there are several; null where it is none
 * @param strength sum of the absolute weights of its connections
 * @param connections how many it has
 */
record RankedFeature(
        int rank,
        int feature,
        @Nullable String name,
        @Nullable List<Integer> pixel,
        double strength,
        int connections) {

    /** The {@code count} strongest features; of equal ones the first. */
    static List<RankedFeature> strongest(LayerState layer, Inputs inputs, int count) {
        if (count > layer.inputs()) {
            throw new UsageException(
                    "features must be at most " + layer.inputs() + ", the layer's input neurons, but was " + count);
        }
        double[] strengths = TopologyMetrics.inputStrengths(layer.inputs(), layer.pattern(), layer.weights());
        int[] degrees = TopologyMetrics.outDegrees(layer.outputs(), layer.inputs(), layer.pattern());
        List<Integer> order = IntStream.range(0, strengths.length)
                .boxed()
                .sorted(Comparator.comparingDouble(feature -> -strengths[feature]))
                .limit(count)
                .toList();
        List<RankedFeature> ranked = new ArrayList<>();
        for (int feature : order) {
            ranked.add(new RankedFeature(
                    ranked.size() + 1,
                    feature,
                    inputs.name(feature),
                    pixel(inputs.image(), feature),
                    strengths[feature],
                    degrees[feature]));
        }
        return ranked;
    }

    private static @Nullable List<Integer> pixel(@Nullable Shape image, int feature) {
        if (image == null || image.height() * image.width() == 1) {
            return null;
        }
        int pixels = image.height() * image.width();
        int row = feature % pixels / image.width();
        int column = feature % image.width();
        return image.channels() == 1 ? List.of(row, column) : List.of(feature / pixels, row, column);
    }
}
