package coppice.backend.cpu;

import coppice.backend.ImageMaps;
import java.util.Arrays;

/**
 * What a thread works on when it maps images: one channel of the images of some samples, each in a border of zeros,
 * their maps, and scratch for some pixels of a row.
 *
 * <p>Pixel (row, column), both counted from 1, of a sample is at {@code sample * size + row * pitch + column}. The
 * border reaches as far as the four pixels around any point do.
 */
public final class ImageTile {
    /** Samples of a tile: their elements fill a cache line of each row of a batch. */
    public static final int SAMPLES = 16;

    /** Pixels of a row that are worked on at once: what is noted of them stays in the first-level cache. */
    static final int PIXELS = 32;

    private final int height;
    private final int width;
    private final int pitch;
    private final int size;
    private final byte[] image;
    private final int[] quads;
    private final float[] floats;
    private final int[] starts = new int[SAMPLES];
    private final float[] maps = new float[ImageMaps.NUMBERS * SAMPLES];
    private final int[] places = new int[PIXELS * SAMPLES];
    private final int[] fetched = new int[PIXELS * SAMPLES];
    private final float[] right = new float[PIXELS * SAMPLES];
    private final float[] down = new float[PIXELS * SAMPLES];
    private float low;

    ImageTile(int height, int width, boolean bytes) {
        this.height = height;
        this.width = width;
        this.pitch = width + 2;
        this.size = (height + 3) * pitch + SAMPLES; // whole vectors may go past the last row
        int all = Math.multiplyExact(SAMPLES, size);
        this.image = new byte[bytes ? size : 0];
        this.quads = new int[bytes ? all : 0];
        this.floats = new float[bytes ? 0 : all];
        Arrays.setAll(starts, sample -> sample * size);
    }

    boolean fits(ImageMaps images, boolean bytes) {
        return height == images.height() && width == images.width() && bytes == isOfBytes();
    }

    boolean isOfBytes() {
        return image.length > 0;
    }

    /** Takes the maps of {@code count} places from {@code place} on; those of further samples stay as they were. */
    void setMaps(ImageMaps images, int place, int count) {
        low = images.nearest() ? 1 : 0;
        for (int sample = 0; sample < count; sample++) {
            for (int k = 0; k < ImageMaps.NUMBERS; k++) {
                maps[k * SAMPLES + sample] = images.maps()[(place + sample) * ImageMaps.NUMBERS + k];
            }
        }
    }

    /** Takes the image of a sample that is to be packed. */
    void setImage(byte[] values, int at) {
        for (int row = 0; row < height; row++) {
            System.arraycopy(values, at + row * width, image, (row + 1) * pitch + 1, width);
        }
    }

    /** Takes the image of a sample. */
    void setImage(int sample, float[] values, int at) {
        for (int row = 0; row < height; row++) {
            System.arraycopy(values, at + row * width, floats, starts[sample] + (row + 1) * pitch + 1, width);
        }
    }

    /** Rows of an image. */
    public int height() {
        return height;
    }

    /** Columns of an image. */
    public int width() {
        return width;
    }

    /** Distance between the rows of an image. */
    public int pitch() {
        return pitch;
    }

    /** One image of bytes, in its border. */
    public byte[] image() {
        return image;
    }

    /** Images of bytes: for each pixel itself, its neighbours to the right, below, and below to the right. */
    public int[] quads() {
        return quads;
    }

    /** Images of floats. */
    float[] floats() {
        return floats;
    }

    /** Where the image of each sample begins. */
    public int[] starts() {
        return starts;
    }

    /** Number k of the map of a sample is at {@code k * SAMPLES + sample}. */
    public float[] maps() {
        return maps;
    }

    /** Points are held so far from the border. */
    public float low() {
        return low;
    }

    /** Where the pixel before and above a point is, (pixels, samples). */
    public int[] places() {
        return places;
    }

    /** How far to the right of that pixel the point is, (pixels, samples). */
    public float[] right() {
        return right;
    }

    /** How far below that pixel the point is, (pixels, samples). */
    public float[] down() {
        return down;
    }

    /** The quads at the places, (pixels, samples). */
    public int[] fetched() {
        return fetched;
    }
}
