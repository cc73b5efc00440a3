package coppice.model;

import coppice.backend.Pooling;
import coppice.model.LayerSpec.Convolution;
import coppice.model.LayerSpec.Fill;
import coppice.model.LayerSpec.Full;
import coppice.model.LayerSpec.Operation;
import coppice.model.LayerSpec.Pool;
import coppice.topology.Density;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code --layers}: a word for each layer, followed by those for its activation and its dropout.
 *
 * <p>The grammar is in {@code docs/layers.md}; {@link LayerSpec#format} writes it.
 */
public final class LayerGrammar {
    /** The convolutional network of Mocanu et al. (2018) for CIFAR-10, its fully connected layers sparse. */
    public static final String PAPER_CNN = "conv:32x3 relu dropout:0.3 conv:32x3 relu pool:2"
            + " conv:64x3 relu dropout:0.3 conv:64x3 relu pool:2"
            + " conv:128x3 relu dropout:0.3 conv:128x3 relu pool:2"
            + " sparse:2048 relu dropout:0.3 sparse:2048 relu dropout:0.3 dense:classes";

    private static final String EXPECTED = "conv:FILTERSxKERNEL, sparse-conv:FILTERSxKERNEL, pool:KERNEL,"
            + " avgpool:KERNEL, sparse:NEURONS, dense:NEURONS, relu, leaky[:SLOPE], allrelu[:SLOPE], srelu, tanh,"
            + " sigmoid or dropout:SHARE";

    private final List<LayerSpec> layers = new ArrayList<>();
    private final String[] words;
    private int number; // of the word in hand, from 0

    private LayerGrammar(String[] words) {
        this.words = words;
    }

    /**
     * The layers that a text describes.
     *
     * @throws IllegalArgumentException with the number of the wrong word, its text, and what was expected
     */
    public static List<LayerSpec> parse(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("layers is empty; expected words as in '" + PAPER_CNN + "'");
        }
        return new LayerGrammar(text.strip().split("\\s+", -1)).parse();
    }

    private List<LayerSpec> parse() {
        for (number = 0; number < words.length; number++) {
            String word = words[number];
            String head = word.split("[:,]", 2)[0];
            switch (head) {
                case "conv", "sparse-conv" -> add(convolution(word, head.equals("sparse-conv")));
                case "pool", "avgpool" -> add(pool(word, head.equals("pool") ? Pooling.MAX : Pooling.AVERAGE));
                case "sparse", "dense" -> add(full(word, head.equals("sparse")));
                case "dropout" -> dropout(word);
                case "relu", "leaky", "allrelu", "srelu", "tanh", "sigmoid" -> activation(word);
                default -> throw wrong("is no layer; expected " + EXPECTED);
            }
        }
        number = words.length - 1;
        if (!hasOutputs()) {
            throw wrong("is the last word, but the last layer must be dense:classes or sparse:classes");
        }
        return List.copyOf(layers);
    }

    private IllegalArgumentException wrong(String what) {
        return wrong(number, words[number], what);
    }

    /** What is wrong with a word, counted from 0. */
    static IllegalArgumentException wrong(int number, String word, String what) {
        return new IllegalArgumentException("layers: word " + (number + 1) + " '" + word + "' " + what);
    }

    private @Nullable LayerSpec last() {
        return layers.isEmpty() ? null : layers.get(layers.size() - 1);
    }

    private boolean hasOutputs() {
        LayerSpec last = last();
        return last != null && last.operation() instanceof Full full && full.neurons() == Full.CLASSES;
    }

    private void add(Operation operation) {
        LayerSpec last = last();
        if (last != null && last.operation() instanceof Full) {
            if (hasOutputs()) {
                throw wrong("follows the outputs '" + last.words().get(0) + "', which must be the last layer");
            }
            if (!(operation instanceof Full)) {
                throw wrong("takes images but follows '" + last.words().get(0) + "', whose neurons form none");
            }
        }
        layers.add(LayerSpec.of(operation));
    }

    /** Replaces the last layer, which the word in hand says more about. */
    private void activation(String word) {
        LayerSpec layer = amended();
        if (!layer.learns()) {
            throw wrong("follows pooling, which has no activation; put it before '"
                    + layer.words().get(0) + "'");
        }
        if (layer.activation() != null || layer.dropout() != 0) {
            throw wrong("must follow its layer '" + layer.words().get(0) + "' at once, but '" + words[number - 1]
                    + "' is between");
        }
        try {
            replace(new LayerSpec(layer.operation(), ActivationSpec.parse(word), 0));
        } catch (IllegalArgumentException e) {
            throw wrong("is wrong: " + e.getMessage());
        }
    }

    private void dropout(String word) {
        LayerSpec layer = amended();
        if (layer.dropout() != 0) {
            throw wrong("is the second dropout of the layer '" + layer.words().get(0) + "'");
        }
        Double share = word.startsWith("dropout:") ? number(word.substring(8)) : null;
        if (share == null || !(share >= 0.00001 && share <= 0.99999)) {
            throw wrong("must be dropout:SHARE with a share above 0 and below 1; leave it out for none");
        }
        replace(new LayerSpec(layer.operation(), layer.activation(), share));
    }

    private LayerSpec amended() {
        LayerSpec layer = last();
        if (layer == null) {
            throw wrong("needs a layer before it");
        }
        if (hasOutputs()) {
            throw wrong("follows the outputs, which have neither activation nor dropout; loss says what they become");
        }
        return layer;
    }

    private void replace(LayerSpec layer) {
        layers.set(layers.size() - 1, layer);
    }

    private Operation convolution(String word, boolean sparse) {
        String expected = "must be " + (sparse ? "sparse-conv" : "conv")
                + ":FILTERSxKERNEL with whole numbers above 0, then perhaps ,stride=S or ,valid"
                + (sparse ? " or ,density=D or ,epsilon=E" : "");
        Map<String, String> options = options(
                word,
                sparse ? Set.of("stride", "valid", "same", "density", "epsilon") : Set.of("stride", "valid", "same"),
                expected);
        String[] sizes = value(options).split("x", -1);
        int stride = options.containsKey("stride") ? whole(options.get("stride"), expected) : 1;
        if (sizes.length != 2 || (options.containsKey("valid") && options.containsKey("same"))) {
            throw wrong(expected);
        }
        return new Convolution(
                whole(sizes[0], expected),
                whole(sizes[1], expected),
                stride,
                options.containsKey("valid"),
                fill(sparse, options, expected));
    }

    private Operation pool(String word, Pooling pooling) {
        String expected = "must be " + (pooling == Pooling.MAX ? "pool" : "avgpool")
                + ":KERNEL with a whole number above 0, then perhaps ,stride=S";
        Map<String, String> options = options(word, Set.of("stride"), expected);
        int kernel = whole(value(options), expected);
        return new Pool(
                pooling, kernel, options.containsKey("stride") ? whole(options.get("stride"), expected) : kernel);
    }

    private Operation full(String word, boolean sparse) {
        String expected = sparse
                ? "must be sparse:NEURONS or sparse:classes, then perhaps ,density=D or ,epsilon=E"
                : "must be dense:NEURONS or dense:classes";
        Map<String, String> options = options(word, sparse ? Set.of("density", "epsilon") : Set.of(), expected);
        String neurons = value(options);
        return new Full(
                neurons.equals("classes") ? Full.CLASSES : whole(neurons, expected), fill(sparse, options, expected));
    }

    private Fill fill(boolean sparse, Map<String, String> options, String expected) {
        String share = options.get("density");
        String epsilon = options.get("epsilon");
        if (share == null && epsilon == null) {
            return sparse ? Fill.SPARSE : Fill.DENSE;
        }
        Double value = number(share == null ? epsilon : share);
        if (value == null || (share != null && epsilon != null)) {
            throw wrong(expected);
        }
        try {
            return new Fill(true, share == null ? Density.epsilon(value) : Density.share(value));
        } catch (IllegalArgumentException e) {
            throw wrong("is wrong: " + e.getMessage());
        }
    }

    /** The parts of a word: under "" the value after the colon, then the options after it. */
    private Map<String, String> options(String word, Set<String> known, String expected) {
        Map<String, String> options = new LinkedHashMap<>();
        String[] parts = word.split(",", -1);
        String[] head = parts[0].split(":", 2);
        if (head.length != 2) {
            throw wrong(expected);
        }
        options.put("", head[1]);
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            String[] option = part.split("=", 2);
            boolean takesValue = !option[0].equals("valid") && !option[0].equals("same");
            if (!known.contains(option[0])
                    || takesValue != (option.length == 2)
                    || options.put(option[0], takesValue ? option[1] : "") != null) {
                throw wrong(expected);
            }
        }
        return options;
    }

    private static String value(Map<String, String> options) {
        return options.getOrDefault("", "");
    }

    private int whole(@Nullable String text, String expected) {
        if (text != null && text.matches("[1-9][0-9]{0,8}")) {
            return Integer.parseInt(text);
        }
        throw wrong(expected);
    }

    private static @Nullable Double number(@Nullable String text) {
        if (text == null || !text.matches("[0-9.]+([eE][-+]?[0-9]+)?")) {
            return null;
        }
        try {
            return Double.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
