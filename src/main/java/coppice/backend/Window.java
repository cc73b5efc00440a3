package coppice.backend;

/**
 * A square window that moves over images: the geometry of a convolution or of pooling.
 *
 * <p>An image's pixel (channel, y, x) is row {@code (channel * height + y) * width + x} of a tensor whose columns are
 * the batch. The window's position (oy, ox) covers the pixels (oy * stride - top + ky, ox * stride - left + kx) for ky
 * and kx in [0, kernel); those outside the image do not exist.
 *
 * @param channels of the images below, at least 1
 * @param height of the images below
 * @param width of the images below
 * @param kernel side of the window
 * @param stride distance between positions
 * @param top rows of the first position that lie above the image, less than {@code kernel}
 * @param left columns of the first position that lie left of the image, less than {@code kernel}
 * @param outHeight number of positions from top to bottom
 * @param outWidth number of positions from left to right
 */
public record Window(
        int channels, int height, int width, int kernel, int stride, int top, int left, int outHeight, int outWidth) {

    private static final int STRIPE_POSITIONS = 32;

    /** Checks that every position covers a pixel. */
    public Window {
        if (channels < 1 || kernel < 1 || stride < 1 || outHeight < 1 || outWidth < 1) {
            throw new IllegalArgumentException("a window needs sizes of at least 1");
        }
        if (top >= kernel
                || left >= kernel
                || (outHeight - 1) * stride - top >= height
                || (outWidth - 1) * stride - left >= width) {
            throw new IllegalArgumentException("a position of the window would cover no pixel");
        }
    }

    /**
     * Positions that lie within the image: (size - kernel) / stride + 1 of them, rounded down.
     *
     * @throws IllegalArgumentException if the image is smaller than the window
     */
    public static Window valid(int channels, int height, int width, int kernel, int stride) {
        if (kernel > height || kernel > width) {
            throw new IllegalArgumentException(
                    "a window of " + kernel + " x " + kernel + " does not fit an image of " + height + " x " + width);
        }
        int outHeight = (height - kernel) / stride + 1;
        int outWidth = (width - kernel) / stride + 1;
        return new Window(channels, height, width, kernel, stride, 0, 0, outHeight, outWidth);
    }

    /** Positions around every stride-th pixel: size / stride of them, rounded up; an odd pixel of padding is last. */
    public static Window same(int channels, int height, int width, int kernel, int stride) {
        int outHeight = (height + stride - 1) / stride;
        int outWidth = (width + stride - 1) / stride;
        int top = Math.max(0, (outHeight - 1) * stride + kernel - height) / 2;
        int left = Math.max(0, (outWidth - 1) * stride + kernel - width) / 2;
        return new Window(channels, height, width, kernel, stride, top, left, outHeight, outWidth);
    }

    /** Rows of the tensor below: channels * height * width. */
    public int inputs() {
        return Math.multiplyExact(channels, Math.multiplyExact(height, width));
    }

    /** Pixels that a position covers in all channels, those outside the image included. */
    public int terms() {
        return Math.multiplyExact(channels, Math.multiplyExact(kernel, kernel));
    }

    /** Number of positions. */
    public int positions() {
        return Math.multiplyExact(outHeight, outWidth);
    }

    /** Rows of positions in a stripe, in which gradients are summed by themselves: enough for 32 positions. */
    public int stripe() {
        return (STRIPE_POSITIONS + outWidth - 1) / outWidth;
    }

    /** The first row of positions whose pixel in row {@code ky} of the window exists. */
    public int rowFrom(int ky) {
        return Math.max(0, -Math.floorDiv(ky - top, stride));
    }

    /** After the last row of positions whose pixel in row {@code ky} of the window exists. */
    public int rowTo(int ky) {
        return Math.min(outHeight, Math.floorDiv(height - 1 + top - ky, stride) + 1);
    }

    /** The first position in a row whose pixel in column {@code kx} of the window exists. */
    public int columnFrom(int kx) {
        return Math.max(0, -Math.floorDiv(kx - left, stride));
    }

    /** After the last position in a row whose pixel in column {@code kx} of the window exists. */
    public int columnTo(int kx) {
        return Math.min(outWidth, Math.floorDiv(width - 1 + left - kx, stride) + 1);
    }
}
