package coppice.model;

import coppice.backend.Pooling;
import coppice.topology.Density;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One layer as {@code --layers} describes it, before the sizes of its inputs are known.
 *
 * @param operation what it computes
 * @param activation of its neurons; null for none
 * @param dropout share of its outputs dropped in training, in [0, 1)
 */
public record LayerSpec(Operation operation, @Nullable ActivationSpec activation, double dropout) {
    /** What a layer computes of its inputs. */
    public sealed interface Operation {}

    /**
     * Filters that move over images.
     *
     * @param filters how many, the channels of the images that they make
     * @param kernel side of the window
     * @param stride distance between its positions
     * @param valid whether it stays within the image; otherwise one position a pixel, divided by the stride
     * @param fill how a filter is connected to the channels and pixels of its window
     */
    public record Convolution(int filters, int kernel, int stride, boolean valid, Fill fill) implements Operation {}

    /**
     * Pooling of each channel.
     *
     * @param pooling the greatest or the mean
     * @param kernel side of the window
     * @param stride distance between its positions
     */
    public record Pool(Pooling pooling, int kernel, int stride) implements Operation {}

    /**
     * Neurons that any input may be connected to.
     *
     * @param neurons how many; {@link #CLASSES} for one a class
     * @param fill how they are connected
     */
    public record Full(int neurons, Fill fill) implements Operation {
        /** As many neurons as the data have classes: the outputs. */
        public static final int CLASSES = 0;
    }

    /**
     * How a layer is connected.
     *
     * @param sparse whether it may lack connections
     * @param own how many it has, in place of the network's density; null for that
     */
    public record Fill(boolean sparse, @Nullable Density own) {
        /** All connections. */
        public static final Fill DENSE = new Fill(false, null);

        /** The network's density. */
        public static final Fill SPARSE = new Fill(true, null);
    }

    /** Checks the range of dropout. */
    public LayerSpec {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException("dropout must be in [0, 1) but was " + dropout);
        }
    }

    /** A layer without activation and dropout. */
    public static LayerSpec of(Operation operation) {
        return new LayerSpec(operation, null, 0);
    }

    /** The layers of a multilayer perceptron: what {@code --hidden} is short for. */
    public static List<LayerSpec> multilayer(
            List<Integer> hidden, ActivationSpec activation, double dropout, boolean sparseOutput) {
        List<LayerSpec> layers = new ArrayList<>();
        for (int neurons : hidden) {
            if (neurons < 1) {
                throw new IllegalArgumentException("a hidden layer needs at least 1 neuron but got " + neurons);
            }
            layers.add(new LayerSpec(new Full(neurons, Fill.SPARSE), activation, dropout));
        }
        layers.add(of(new Full(Full.CLASSES, sparseOutput ? Fill.SPARSE : Fill.DENSE)));
        return layers;
    }

    /** The words of {@code --layers}, as {@link LayerGrammar} reads them. */
    public static String format(List<LayerSpec> layers) {
        return layers.stream().flatMap(layer -> layer.words().stream()).collect(Collectors.joining(" "));
    }

    /** Whether it has weights. */
    public boolean learns() {
        return !(operation instanceof Pool);
    }

    /** How it is connected; a layer without weights counts as dense. */
    Fill fill() {
        if (operation instanceof Convolution convolution) {
            return convolution.fill();
        }
        return operation instanceof Full full ? full.fill() : Fill.DENSE;
    }

    /** Its words in the grammar, first the operation. */
    public List<String> words() {
        List<String> words = new ArrayList<>(List.of(word()));
        if (activation != null) {
            words.add(activation.toString());
        }
        if (dropout != 0) {
            words.add("dropout:" + number(dropout));
        }
        return words;
    }

    private String word() {
        if (operation instanceof Convolution c) {
            return (c.fill().sparse() ? "sparse-conv:" : "conv:") + c.filters() + "x" + c.kernel()
                    + (c.stride() == 1 ? "" : ",stride=" + c.stride()) + (c.valid() ? ",valid" : "") + own(c.fill());
        }
        if (operation instanceof Pool p) {
            return (p.pooling() == Pooling.MAX ? "pool:" : "avgpool:")
                    + p.kernel()
                    + (p.stride() == p.kernel() ? "" : ",stride=" + p.stride());
        }
        Full f = (Full) operation;
        return (f.fill().sparse() ? "sparse:" : "dense:")
                + (f.neurons() == Full.CLASSES ? "classes" : f.neurons())
                + own(f.fill());
    }

    private static String own(Fill fill) {
        Density own = fill.own();
        if (own == null) {
            return "";
        }
        return (own.kind() == Density.Kind.SHARE ? ",density=" : ",epsilon=") + number(own.value());
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}
