package coppice.data;

import coppice.matrix.CsrMatrix;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.HashSet;
import java.util.Set;

/**
 * Random changes to training images, drawn anew each epoch: turned about the centre, moved, mirrored.
 *
 * <p>A change is an affine map from the pixels of the changed image to points of the one it is made of.
 *
 * @param rotation degrees that an image turns by at most, either way; 0 for none
 * @param shift share of width and height that it moves by at most, either way; 0 for none
 * @param crop whole pixels that it moves by at most, either way; 0 for none
 * @param flip whether every second image, on average, is mirrored left to right
 * @param fill what comes into view from outside
 */
public record Augmentation(double rotation, double shift, int crop, boolean flip, Fill fill) {
    /** What lies around an image. */
    public enum Fill {
        /** The nearest point of the image. */
        NEAREST,
        /** Features of 0, before they are normalized. */
        ZERO
    }

    private static final double MOST_DEGREES = 180;
    private static final int NUMBERS = 6; // of a map
    private static final double RADIANS = StrictMath.PI / 180;

    /** Checks the ranges. */
    public Augmentation {
        if (!(rotation >= 0 && rotation <= MOST_DEGREES && shift >= 0 && shift <= 1 && crop >= 0)) {
            throw new IllegalArgumentException(
                    "rotation " + rotation + ", shift " + shift + " or crop " + crop + " is out of range");
        }
    }

    /**
     * Reads words as {@code rotate:10,shift:0.1,crop:4,flip,fill:zero}; without a fill it is the nearest point.
     *
     * @throws IllegalArgumentException naming the word that will not do
     */
    public static Augmentation parse(String text) {
        double rotation = 0;
        double shift = 0;
        int crop = 0;
        boolean flip = false;
        Fill fill = Fill.NEAREST;
        Set<String> seen = new HashSet<>();
        for (String word : text.split(",", -1)) {
            String[] parts = word.split(":", 2);
            String value = parts.length == 2 ? parts[1] : "";
            switch (parts.length == 2 ? parts[0] + ":" : word) {
                case "rotate:" -> rotation = number(word, value, MOST_DEGREES);
                case "shift:" -> shift = number(word, value, 1);
                case "crop:" -> crop = pixels(word, value);
                case "flip" -> flip = true;
                case "fill:" -> fill = fill(word, value);
                default ->
                    throw new IllegalArgumentException(
                            "augment takes rotate:DEGREES, shift:SHARE, crop:PIXELS, flip and"
                                    + " fill:nearest or fill:zero, separated by commas, but has '" + word + "'");
            }
            if (!seen.add(parts[0])) {
                throw new IllegalArgumentException(
                        "augment has " + parts[0] + " twice, the second time '" + word + "'");
            }
        }
        if (seen.equals(Set.of("fill"))) {
            throw new IllegalArgumentException("augment has '" + text + "' but no change that needs it");
        }
        return new Augmentation(rotation, shift, crop, flip, fill);
    }

    private static double number(String word, String text, double most) {
        try {
            double value = Double.parseDouble(text);
            if (value > 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException("augment takes a number above 0 and up to " + (int) most + " in place of '"
                + text + "' in '" + word + "'");
    }

    private static int pixels(String word, String text) {
        try {
            int value = Integer.parseInt(text);
            if (value > 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException(
                "augment takes whole pixels above 0 in place of '" + text + "' in '" + word + "'");
    }

    private static Fill fill(String word, String text) {
        return switch (text) {
            case "nearest" -> Fill.NEAREST;
            case "zero" -> Fill.ZERO;
            default ->
                throw new IllegalArgumentException(
                        "augment takes nearest or zero in place of '" + text + "' in '" + word + "'");
        };
    }

    /**
     * How the samples of a data set form images.
     *
     * @throws IllegalArgumentException if they do not, as far as is known, or if they are sparse
     */
    public static ImageShape requireImages(Dataset data) {
        ImageShape shape = data.imageShape();
        if (data.features() instanceof CsrMatrix) {
            throw new IllegalArgumentException("augment is for images of dense features, but they are sparse");
        }
        if (shape == null) {
            throw new IllegalArgumentException("augment is for images, but " + data.format() + " does not say how "
                    + data.featureCount() + " features form one");
        }
        return shape;
    }

    /**
     * The maps of an epoch: a, b, c, d, e, f for each place in the order of the samples. The pixel in column x and row
     * y comes from column a x + b y + c and row d x + e y + f.
     *
     * <p>Each place has random numbers of its own, and each kind of change has its own among them.
     *
     * @param seed the run's seed
     * @param epoch counts from 1
     */
    public float[] maps(ImageShape shape, int places, long seed, int epoch) {
        float[] maps = new float[Math.multiplyExact(places, NUMBERS)];
        int purpose = Philox.purposeWord(Stream.AUGMENT, 0);
        int[] words = new int[8];
        for (int place = 0; place < places; place++) {
            Philox.block(seed, 0, place, epoch, purpose, words, 0);
            Philox.block(seed, 1, place, epoch, purpose, words, 4);
            double degrees = rotation * symmetric(words[0]);
            double right = shift * shape.width() * symmetric(words[1]) + whole(words[4]);
            double down = shift * shape.height() * symmetric(words[2]) + whole(words[5]);
            write(shape, degrees, flip && words[3] < 0, right, down, maps, place * NUMBERS);
        }
        return maps;
    }

    /** The number in [-1, 1) that a word stands for. */
    private static double symmetric(int word) {
        return 2.0 * Philox.uniform(word) - 1;
    }

    /** The number among -crop to crop that a word stands for; each stands for as many words, but for one. */
    private int whole(int word) {
        return (int) (((word & 0xFFFFFFFFL) * (2L * crop + 1)) >>> 32) - crop;
    }

    /**
     * Writes the map that mirrors about the centre, moves, and turns about the centre, so that without a turn whole
     * pixels remain whole.
     *
     * <p>Sine and cosine are those of StrictMath, the same on every machine.
     */
    static void write(
            ImageShape shape, double degrees, boolean mirrored, double right, double down, float[] maps, int at) {
        double cos = StrictMath.cos(degrees * RADIANS);
        double sin = StrictMath.sin(degrees * RADIANS);
        double sign = mirrored ? -1 : 1;
        double centreX = (shape.width() - 1) / 2.0;
        double centreY = (shape.height() - 1) / 2.0;
        double x = right - sign * centreX; // where the first pixel comes from, before the turn and from the centre
        double y = down - centreY;
        maps[at] = (float) (cos * sign);
        maps[at + 1] = (float) -sin;
        maps[at + 2] = (float) (centreX + cos * x - sin * y);
        maps[at + 3] = (float) (sin * sign);
        maps[at + 4] = (float) cos;
        maps[at + 5] = (float) (centreY + sin * x + cos * y);
    }
}
