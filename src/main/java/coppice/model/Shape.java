package coppice.model;

/**
 * The shape of one sample on its way through a network: images, or plain neurons as images of one pixel.
 *
 * <p>The neuron (channel, y, x) is row {@code (channel * height + y) * width + x} of a tensor.
 *
 * @param channels 1 for grey, 3 for red, green, blue; or the neurons
 * @param height rows of pixels
 * @param width columns of pixels
 */
public record Shape(int channels, int height, int width) {
    /** Checks that the neurons can be counted. */
    public Shape {
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "an image needs at least 1 channel and pixel but is " + channels + "x" + height + "x" + width);
        }
        if ((double) channels * height * width > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "an image of " + channels + "x" + height + "x" + width + " has more than 2^31 - 1 values");
        }
    }

    /** Neurons without an order in space. */
    public static Shape flat(int neurons) {
        return new Shape(neurons, 1, 1);
    }

    /**
     * Reads {@code CxHxW}.
     *
     * @throws IllegalArgumentException naming what was expected
     */
    public static Shape parse(String text) {
        String[] parts = text.split("x", -1);
        try {
            if (parts.length == 3) {
                return new Shape(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException("image must be CHANNELSxHEIGHTxWIDTH, as 3x32x32, but was '" + text + "'");
    }

    /** Number of values of a sample. */
    public int neurons() {
        return channels * height * width;
    }

    @Override
    public String toString() {
        return height == 1 && width == 1 ? Integer.toString(channels) : channels + "x" + height + "x" + width;
    }
}
