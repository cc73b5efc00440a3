package coppice.model;

import coppice.backend.Activation;

/**
 * The activation of all hidden layers, as users name it.
 *
 * @param name {@code relu}, {@code leaky}, {@code allrelu}, {@code srelu}, {@code tanh} or {@code sigmoid}
 * @param slope magnitude of the slope of negative inputs, for {@code leaky} and {@code allrelu}
 */
public record ActivationSpec(String name, float slope) {
    private static final float LEAKY_SLOPE = 0.01f;
    private static final float ALL_RELU_SLOPE = 0.6f;

    /**
     * Reads {@code NAME} or {@code NAME:SLOPE}.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    public static ActivationSpec parse(String text) {
        String[] parts = text.split(":", 2);
        String name = parts[0];
        return switch (name) {
            case "leaky" -> new ActivationSpec(name, parts.length == 1 ? LEAKY_SLOPE : slope(text, parts[1]));
            case "allrelu" -> new ActivationSpec(name, parts.length == 1 ? ALL_RELU_SLOPE : slope(text, parts[1]));
            case "relu", "srelu", "tanh", "sigmoid" -> {
                if (parts.length > 1) {
                    throw new IllegalArgumentException("activation " + name + " takes no slope but was " + text);
                }
                yield new ActivationSpec(name, 0);
            }
            default ->
                throw new IllegalArgumentException(
                        "activation must be relu, leaky[:SLOPE], allrelu[:SLOPE], srelu, tanh or sigmoid but was "
                                + text);
        };
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return equals(parse(name)) ? name : name + ":" + slope;
    }

    private static float slope(String text, String number) {
        try {
            float slope = Float.parseFloat(number);
            if (slope >= 0 && slope <= 1) {
                return slope;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException("the slope of an activation must be in [0, 1] but was " + text);
    }

    /**
     * The function of a hidden layer.
     *
     * <p>All-ReLU (Curci, Mocanu and Pechenizkiy 2021) alternates its slope's sign: negative in the first hidden layer,
     * positive in the second and so on.
     *
     * @param hiddenLayer index from 0
     */
    public Activation forLayer(int hiddenLayer) {
        return switch (name) {
            case "relu" -> new Activation(Activation.Kind.RELU, 0);
            case "leaky" -> new Activation(Activation.Kind.LEAKY, slope);
            case "allrelu" -> new Activation(Activation.Kind.LEAKY, hiddenLayer % 2 == 0 ? -slope : slope);
            case "srelu" -> new Activation(Activation.Kind.SRELU, 0);
            case "tanh" -> new Activation(Activation.Kind.TANH, 0);
            case "sigmoid" -> new Activation(Activation.Kind.SIGMOID, 0);
            default -> throw new IllegalArgumentException("unknown activation " + name);
        };
    }
}
