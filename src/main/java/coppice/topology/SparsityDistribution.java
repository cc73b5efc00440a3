package coppice.topology;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** How a network's connections are shared out among its sparse layers. */
public enum SparsityDistribution {
    /** In proportion to inputs + outputs, so that wide layers are sparser (Mocanu et al. 2018, equation 1). */
    ERDOS_RENYI,
    /** The same density in every layer. */
    UNIFORM;

    /**
     * The shape of one layer.
     *
     * @param inputs number of input neurons
     * @param outputs number of output neurons
     */
    public record LayerShape(int inputs, int outputs) {
        /** Number of possible connections. */
        public long cells() {
            return (long) inputs * outputs;
        }

        /**
         * That many connections.
         *
         * @throws IllegalArgumentException if there are more than an array holds
         */
        public int count(long connections) {
            if (connections > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException("a layer of " + inputs + " x " + outputs + " neurons would have "
                        + connections + " connections; the limit is 2^31 - 9");
            }
            return (int) connections;
        }

        private long neurons() {
            return (long) inputs + outputs;
        }
    }

    /**
     * The number of connections of each layer, rounded to the nearest and never above the layer's cells.
     *
     * <p>With an epsilon and {@link #ERDOS_RENYI} each layer follows the paper's equation and is capped on its own.
     * With a share of connections, what a capped layer cannot take goes to the others, so that the network as a whole
     * meets the share.
     *
     * @throws IllegalArgumentException if a layer would need more than 2^31 - 1 connections
     */
    public int[] connections(Density density, List<LayerShape> layers) {
        long cells = layers.stream().mapToLong(LayerShape::cells).sum();
        long neurons = layers.stream().mapToLong(LayerShape::neurons).sum();
        boolean byEpsilon = density.kind() == Density.Kind.EPSILON;
        if (this == UNIFORM) {
            double share = byEpsilon ? Math.min(1, density.value() * neurons / cells) : density.value();
            return counts(layers, layer -> share * layer.cells());
        }
        double epsilon = byEpsilon ? density.value() : epsilonFor(density.value() * cells, layers);
        return counts(layers, layer -> epsilon * layer.neurons());
    }

    /** The epsilon whose capped layers hold {@code total} connections together. */
    private static double epsilonFor(double total, List<LayerShape> layers) {
        double epsilon = 0;
        for (int round = 0; round <= layers.size(); round++) {
            double current = epsilon;
            double capped = 0;
            double openNeurons = 0;
            for (LayerShape layer : layers) {
                if (round > 0 && current * layer.neurons() >= layer.cells()) {
                    capped += layer.cells();
                } else {
                    openNeurons += layer.neurons();
                }
            }
            if (openNeurons == 0) {
                return current;
            }
            epsilon = (total - capped) / openNeurons;
        }
        return epsilon;
    }

    private static int[] counts(List<LayerShape> layers, ToDoubleFunction<LayerShape> wanted) {
        return layers.stream()
                .mapToInt(layer -> layer.count(Math.min(layer.cells(), Math.round(wanted.applyAsDouble(layer)))))
                .toArray();
    }
}
