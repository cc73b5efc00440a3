package coppice.data;

/**
 * How a sample's features form an image: channel by channel, row by row.
 *
 * @param channels 1 for grey, 3 for red, green, blue
 * @param height rows of pixels
 * @param width columns of pixels
 */
public record ImageShape(int channels, int height, int width) {
    /** Checks that no extent is below 1. */
    public ImageShape {
        if (channels < 1 || height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "image extents must be at least 1 but were " + channels + " x " + height + " x " + width);
        }
    }

    /** Number of features of a sample of this shape. */
    public long features() {
        return (long) channels * height * width;
    }
}
