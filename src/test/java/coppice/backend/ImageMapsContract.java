package coppice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import java.util.Arrays;
import java.util.function.IntBinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every backend must do with mapped images, against double precision and against pixels put in their place. */
public abstract class ImageMapsContract {
    private static final float[] IDENTITY = {1, 0, 0, 0, 1, 0};

    /** The backend under test. */
    protected abstract Backend backend();

    static Stream<ImageCase> cases() {
        return ImageCase.all().stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void interpolates(ImageCase shape) {
        float[] maps = shape.maps();
        float[] actual = shape.gather(backend(), maps);
        float[] pixels = values(shape);
        int[] order = shape.order();
        float[] offset = shape.offset();
        float[] scale = shape.scale();
        // Points are rounded at up to 3 extents from the image, as far as they have pixels round them.
        double rounding = 255 * 8 * Math.ulp(3f * (shape.width() + shape.height()));
        for (int place = 0; place < shape.samples(); place++) {
            for (int f = 0; f < shape.features(); f++) {
                int x = f % shape.width();
                int y = f / shape.width() % shape.height();
                int at = place * ImageMaps.NUMBERS;
                double u = (double) maps[at] * x + (double) maps[at + 1] * y + maps[at + 2];
                double v = (double) maps[at + 3] * x + (double) maps[at + 4] * y + maps[at + 5];
                if (shape.nearest()) {
                    u = Math.min(Math.max(u, 0), shape.width() - 1);
                    v = Math.min(Math.max(v, 0), shape.height() - 1);
                }
                int plane = order[place] * shape.features() + f - y * shape.width() - x;
                double expected = (value(shape, pixels, plane, u, v) - offset[f]) * scale[f];
                float found = actual[f * shape.samples() + place];
                if (!(Math.abs(expected - found) <= rounding * scale[f])) {
                    assertEquals(expected, found, rounding * scale[f], "place " + place + ", feature " + f);
                }
            }
        }
    }

    /**
     * Every pixel counts by how near it is: 1 - distance along the rows times 1 - distance along the columns, which is
     * bilinear interpolation between zeros outside.
     */
    private static double value(ImageCase shape, float[] pixels, int plane, double u, double v) {
        double value = 0;
        for (int j = (int) Math.max(0, v - 2); j < Math.min(shape.height(), v + 2); j++) {
            for (int i = (int) Math.max(0, u - 2); i < Math.min(shape.width(), u + 2); i++) {
                double weight = Math.max(0, 1 - Math.abs(u - i)) * Math.max(0, 1 - Math.abs(v - j));
                value += weight * pixels[plane + j * shape.width() + i];
            }
        }
        return value;
    }

    private static float[] values(ImageCase shape) {
        if (shape.matrix() instanceof DenseMatrix floats) {
            return floats.values();
        }
        byte[] bytes = ((ByteMatrix) shape.matrix()).values();
        float[] values = new float[bytes.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = bytes[i] & 0xFF;
        }
        return values;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theIdentityTakesImagesAsTheyAre(ImageCase shape) {
        Samples plain = backend().samples(shape.matrix(), new int[shape.samples()]);
        backend().order(plain, shape.order());
        float[] maps = new float[shape.samples() * ImageMaps.NUMBERS];
        for (int place = 0; place < shape.samples(); place++) {
            System.arraycopy(IDENTITY, 0, maps, place * ImageMaps.NUMBERS, IDENTITY.length);
        }
        assertArrayEquals(shape.gather(backend(), plain), shape.gather(backend(), maps));
    }

    /** Mirrored and moved by whole pixels, each pixel is the very pixel it comes from. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void wholePixelsStayExact(boolean nearest) {
        for (boolean bytes : new boolean[] {true, false}) {
            ImageCase shape = new ImageCase(2, 5, 7, 20, 20, bytes, nearest, 1);
            for (int right = -8; right <= 8; right++) {
                int moved = right;
                check(shape, new float[] {1, 0, right, 0, 1, -2}, (x, y) -> x + moved, (x, y) -> y - 2);
            }
            check(shape, new float[] {-1, 0, 6, 0, 1, 0}, (x, y) -> 6 - x, (x, y) -> y);
            check(shape, new float[] {-1, 0, 6, 0, -1, 4}, (x, y) -> 6 - x, (x, y) -> 4 - y);
            check(shape, new float[] {0, 1, 0, 1, 0, 0}, (x, y) -> y, (x, y) -> x);
        }
    }

    private void check(ImageCase shape, float[] map, IntBinaryOperator column, IntBinaryOperator row) {
        float[] maps = new float[shape.samples() * ImageMaps.NUMBERS];
        for (int i = 0; i < maps.length; i++) {
            maps[i] = map[i % ImageMaps.NUMBERS];
        }
        float[] pixels = values(shape);
        int[] order = shape.order();
        float[] offset = shape.offset();
        float[] scale = shape.scale();
        float[] expected = new float[shape.features() * shape.samples()];
        for (int place = 0; place < shape.samples(); place++) {
            for (int f = 0; f < shape.features(); f++) {
                int x = f % shape.width();
                int y = f / shape.width() % shape.height();
                int i = column.applyAsInt(x, y);
                int j = row.applyAsInt(x, y);
                boolean inside = i >= 0 && i < shape.width() && j >= 0 && j < shape.height();
                i = Math.min(Math.max(i, 0), shape.width() - 1);
                j = Math.min(Math.max(j, 0), shape.height() - 1);
                int plane = order[place] * shape.features() + f - y * shape.width() - x;
                float value = inside || shape.nearest() ? pixels[plane + j * shape.width() + i] : 0;
                expected[f * shape.samples() + place] = (value - offset[f]) * scale[f];
            }
        }
        assertArrayEquals(expected, shape.gather(backend(), maps), () -> Arrays.toString(map));
    }

    @Test
    void anOrderWithoutMapsEndsThem() {
        ImageCase shape = new ImageCase(1, 4, 4, 6, 6, true, true, 3);
        Samples plain = backend().samples(shape.matrix(), new int[shape.samples()]);
        backend().order(plain, shape.order());
        float[] expected = shape.gather(backend(), plain);
        Samples mapped = backend().samples(shape.matrix(), new int[shape.samples()]);
        backend().order(mapped, shape.order(), shape.images(shape.maps()));
        float[] changed = shape.gather(backend(), mapped);
        assertEquals(false, Arrays.equals(expected, changed));
        backend().order(mapped, shape.order());
        assertArrayEquals(expected, shape.gather(backend(), mapped));
        backend().order(mapped, shape.order(), shape.images(shape.maps()));
        assertArrayEquals(changed, shape.gather(backend(), mapped));
    }

    @Test
    void mapsThatDoNotFitAreRefused() {
        Samples bytes = backend().samples(new ByteMatrix(2, 12, new byte[24]), new int[2]);
        int[] order = {1, 0};
        refuses("12 features do not form images of 1 x 3 x 5", bytes, order, new ImageMaps(1, 3, 5, true, maps(2)));
        refuses(
                "2 places take 12 numbers of maps but there are 6",
                bytes,
                order,
                new ImageMaps(1, 3, 4, true, maps(1)));
        CsrPattern pattern = new CsrPattern(2, 12, new int[] {0, 1, 1}, new int[] {3});
        Samples sparse = backend().samples(new CsrMatrix(pattern, new float[] {1}), new int[2]);
        refuses(
                "images cannot be mapped where features are sparse",
                sparse,
                order,
                new ImageMaps(1, 3, 4, true, maps(2)));
        assertThrows(IllegalArgumentException.class, () -> new ImageMaps(0, 3, 4, true, maps(2)));
        assertThrows(IllegalArgumentException.class, () -> new ImageMaps(1, ImageMaps.MOST + 1, 4, true, maps(2)));
    }

    private static float[] maps(int places) {
        return new float[places * ImageMaps.NUMBERS];
    }

    private void refuses(String message, Samples samples, int[] order, ImageMaps images) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> backend().order(samples, order, images))
                        .getMessage());
    }
}
