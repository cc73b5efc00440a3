package coppice.backend;

import coppice.matrix.CsrMatrix;
import coppice.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * How images are changed on their way into batches: for each place of the order an affine map from the pixels of the
 * batch to points of the sample's image.
 *
 * <p>The pixel in column x and row y takes the value at column a x + b y + c and row d x + e y + f, which is
 * interpolated between four pixels; {@link Backend#gather} states how. All channels of a sample have the same map.
 *
 * @param channels planes of an image, one after the other
 * @param height rows of a plane
 * @param width columns of a plane
 * @param nearest whether points outside have the value of the nearest point of the image; if not, pixels outside are 0
 * @param maps a, b, c, d, e, f for each place
 */
@SuppressWarnings("ArrayRecordComponent")
public record ImageMaps(int channels, int height, int width, boolean nearest, float[] maps) {
    /** Numbers of a map. */
    public static final int NUMBERS = 6;

    /** The most rows or columns of an image: beyond, floats tell the points between pixels apart no more. */
    public static final int MOST = 1 << 20;

    /** Checks the extents. */
    public ImageMaps {
        if (channels < 1 || height < 1 || width < 1 || height > MOST || width > MOST) {
            throw new IllegalArgumentException("images have at least 1 channel and 1 to " + MOST
                    + " rows and columns but were " + channels + " x " + height + " x " + width);
        }
    }

    /** Checks that a data set's samples are such images, and that each place of an order has a map. */
    public void requireFit(Matrix features, int places) {
        if (features instanceof CsrMatrix) {
            throw new IllegalArgumentException("images cannot be mapped where features are sparse");
        }
        if (features.columns() != (long) channels * height * width) {
            throw new IllegalArgumentException(features.columns() + " features do not form images of " + channels
                    + " x " + height + " x " + width);
        }
        if (maps.length != (long) NUMBERS * places) {
            throw new IllegalArgumentException(places + " places take " + (long) NUMBERS * places
                    + " numbers of maps but there are " + maps.length);
        }
    }

    /** Whether other maps are of images of the same shape, and treat what is outside the same way. */
    public boolean isLike(@Nullable ImageMaps other) {
        return other != null
                && channels == other.channels
                && height == other.height
                && width == other.width
                && nearest == other.nearest;
    }
}
