package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.data.Augmentation.Fill;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Draws of maps: what each is, and how often. */
class AugmentationTest {
    private static final ImageShape SHAPE = new ImageShape(3, 20, 33);
    private static final int DRAWS = 20_000;

    /** A map, applied: the point that pixel (x, y) comes from. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Map(float[] maps, int at) {
        double column(double x, double y) {
            return maps[at] * x + maps[at + 1] * y + maps[at + 2];
        }

        double row(double x, double y) {
            return maps[at + 3] * x + maps[at + 4] * y + maps[at + 5];
        }

        /** Determinant of the linear part: -1 of a mirrored image. */
        double determinant() {
            return (double) maps[at] * maps[at + 4] - (double) maps[at + 1] * maps[at + 3];
        }
    }

    private static Map[] draw(String changes, ImageShape shape, int places, long seed, int epoch) {
        float[] maps = Augmentation.parse(changes).maps(shape, places, seed, epoch);
        assertEquals(6 * places, maps.length);
        Map[] all = new Map[places];
        Arrays.setAll(all, place -> new Map(maps, 6 * place));
        return all;
    }

    private static Map[] draw(String changes) {
        return draw(changes, SHAPE, DRAWS, 7, 3);
    }

    @Test
    void readsWords() {
        assertEquals(new Augmentation(10, 0.1, 0, true, Fill.NEAREST), Augmentation.parse("rotate:10,shift:0.1,flip"));
        assertEquals(new Augmentation(0, 0, 4, true, Fill.ZERO), Augmentation.parse("fill:zero,crop:4,flip"));
        assertEquals(new Augmentation(0, 0, 4, false, Fill.NEAREST), Augmentation.parse("crop:4,fill:nearest"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "zoom:2 | 'zoom:2'",
                "rotate | 'rotate'",
                "rotate:10,,flip | ''",
                "flip:1 | 'flip:1'",
                "Flip | 'Flip'",
                "rotate:ten | above 0 and up to 180 in place of 'ten' in 'rotate:ten'",
                "rotate:0 | in place of '0' in 'rotate:0'",
                "rotate:NaN | in place of 'NaN' in 'rotate:NaN'",
                "rotate:181 | in place of '181' in 'rotate:181'",
                "rotate: | in place of '' in 'rotate:'",
                "shift:1.5 | above 0 and up to 1 in place of '1.5' in 'shift:1.5'",
                "shift:0.1:0.2 | in place of '0.1:0.2' in 'shift:0.1:0.2'",
                "crop:0 | whole pixels above 0 in place of '0' in 'crop:0'",
                "crop:1.5 | whole pixels above 0 in place of '1.5' in 'crop:1.5'",
                "flip,fill:black | nearest or zero in place of 'black' in 'fill:black'",
                "flip,flip | flip twice",
                "crop:1,flip,crop:2 | crop twice, the second time 'crop:2'",
                "fill:zero | 'fill:zero' but no change",
            })
    void refuses(String words, String said) {
        String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> Augmentation.parse(words))
                .getMessage());
        assertTrue(message.startsWith("augment ") && message.contains(said), message);
    }

    @Test
    void imagesAreNeeded() {
        DenseMatrix dense = new DenseMatrix(1, 6, new float[6]);
        ImageShape shape = new ImageShape(1, 2, 3);
        Labels labels = Labels.of(new int[1], List.of("a"));
        assertEquals(shape, Augmentation.requireImages(new Dataset(dense, labels, List.of(), "idx", shape)));
        Dataset table = new Dataset(dense, labels, List.of(), "csv", null);
        assertEquals(
                "augment is for images, but csv does not say how 6 features form one",
                assertThrows(IllegalArgumentException.class, () -> Augmentation.requireImages(table))
                        .getMessage());
        CsrPattern pattern = new CsrPattern(1, 6, new int[] {0, 1}, new int[] {2});
        Dataset sparse = new Dataset(new CsrMatrix(pattern, new float[] {1}), labels, List.of(), "libsvm", shape);
        assertEquals(
                "augment is for images of dense features, but they are sparse",
                assertThrows(IllegalArgumentException.class, () -> Augmentation.requireImages(sparse))
                        .getMessage());
    }

    /** In polar coordinates about the centre a turn adds to the angle, and no more. */
    @Test
    void aTurnKeepsDistancesFromTheCentreAndAddsToTheAngle() {
        float[] maps = new float[6];
        for (double degrees : new double[] {-180, -37.5, -1e-3, 0, 10, 90, 123}) {
            Augmentation.write(SHAPE, degrees, false, 0, 0, maps, 0);
            Map map = new Map(maps, 0);
            for (int x = 0; x < SHAPE.width(); x += 4) {
                for (int y = 0; y < SHAPE.height(); y += 3) {
                    double radius = Math.hypot(x - 16, y - 9.5);
                    double angle = Math.atan2(y - 9.5, x - 16) + Math.toRadians(degrees);
                    assertEquals(16 + radius * Math.cos(angle), map.column(x, y), 2e-5);
                    assertEquals(9.5 + radius * Math.sin(angle), map.row(x, y), 2e-5);
                }
            }
        }
    }

    /** Pixels that are moved by (right, down) and then mirrored, and all turned: the same by four quarters. */
    @Test
    void mirroringComesBeforeMovingAndThatBeforeTurning() {
        float[] maps = new float[6];
        Augmentation.write(SHAPE, 0, true, 2.5, -1, maps, 0);
        assertArrayEquals(new float[] {-1, 0, 34.5f, 0, 1, -1}, plainZeros(maps));
        Augmentation.write(new ImageShape(1, 5, 5), 90, false, 1, 0, maps, 0);
        Map map = new Map(maps, 0);
        assertEquals(4, map.column(0, 0), 1e-6); // moved to (1, 0), which a quarter takes to (4, 1)
        assertEquals(1, map.row(0, 0), 1e-6);
        Augmentation.write(new ImageShape(1, 5, 5), 180, true, 0, 0, maps, 0);
        assertEquals(1, map.column(1, 0), 1e-6); // mirrored to (3, 0), and then to (1, 4)
        assertEquals(4, map.row(1, 0), 1e-6);
    }

    private static float[] plainZeros(float[] maps) {
        float[] plain = maps.clone();
        for (int i = 0; i < plain.length; i++) {
            plain[i] += 0f;
        }
        return plain;
    }

    @Test
    void cropsAndFlipsTakeWholePixels() {
        int[][] counts = new int[9][9];
        int mirrored = 0;
        for (Map map : draw("crop:4,flip,fill:zero")) {
            boolean flipped = map.determinant() < 0;
            mirrored += flipped ? 1 : 0;
            int right = (int) (flipped ? map.column(32, 0) : map.column(0, 0));
            int down = (int) map.row(0, 0);
            float[] expected = {flipped ? -1 : 1, 0, right + (flipped ? 32 : 0), 0, 1, down};
            assertArrayEquals(expected, plainZeros(Arrays.copyOfRange(map.maps, map.at, map.at + 6)));
            counts[right + 4][down + 4]++;
        }
        assertEquals(DRAWS / 2.0, mirrored, 4 * Math.sqrt(DRAWS / 4.0));
        double expected = DRAWS / 81.0;
        double chiSquare = 0;
        for (int[] row : counts) {
            for (int count : row) {
                chiSquare += (count - expected) * (count - expected) / expected;
            }
        }
        assertTrue(chiSquare < 134, "chi square of 80 degrees of freedom, 99.99 %: " + chiSquare);
    }

    @Test
    void anglesAndShiftsAreUniform() {
        double[] angles = new double[DRAWS];
        double[] across = new double[DRAWS];
        double[] down = new double[DRAWS];
        Map[] maps = draw("rotate:15,shift:0.2");
        for (int i = 0; i < DRAWS; i++) {
            assertEquals(1, maps[i].determinant(), 1e-6);
            double angle = Math.atan2(maps[i].maps[maps[i].at + 3], maps[i].maps[maps[i].at]);
            double x = maps[i].column(16, 9.5) - 16; // where the centre comes from, turned by the angle
            double y = maps[i].row(16, 9.5) - 9.5;
            angles[i] = Math.toDegrees(angle);
            across[i] = x * Math.cos(angle) + y * Math.sin(angle);
            down[i] = y * Math.cos(angle) - x * Math.sin(angle);
        }
        assertUniform(angles, 15);
        assertUniform(across, 0.2 * 33);
        assertUniform(down, 0.2 * 20);
        assertEquals(0, correlation(angles, across), 4 / Math.sqrt(DRAWS));
        assertEquals(0, correlation(across, down), 4 / Math.sqrt(DRAWS));
        assertEquals(0, correlation(angles, down), 4 / Math.sqrt(DRAWS));
    }

    /** Kolmogorov and Smirnov: the greatest distance from the distribution function, exceeded once in 10,000 times. */
    private static void assertUniform(double[] draws, double limit) {
        double[] sorted = draws.clone();
        Arrays.sort(sorted);
        double distance = 0;
        DoubleUnaryOperator share = value -> (value + limit) / (2 * limit);
        for (int i = 0; i < sorted.length; i++) {
            double expected = share.applyAsDouble(sorted[i]);
            assertTrue(expected > -1e-5 && expected < 1 + 1e-5, "within the limit of " + limit + ": " + sorted[i]);
            distance = Math.max(distance, Math.abs(expected - (i + 0.5) / sorted.length));
        }
        assertTrue(distance < 2.23 / Math.sqrt(sorted.length), "distance " + distance);
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElseThrow();
        double meanB = Arrays.stream(b).average().orElseThrow();
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return ab / Math.sqrt(aa * bb);
    }

    /** A place has the same map however many places there are; another seed, epoch or place has another one. */
    @Test
    void drawsDependOnSeedEpochAndPlaceAlone() {
        Augmentation all = Augmentation.parse("rotate:30,shift:0.1,crop:2,flip");
        float[] maps = all.maps(SHAPE, 100, 5, 2);
        assertArrayEquals(Arrays.copyOf(maps, 60), all.maps(SHAPE, 10, 5, 2));
        assertEquals(
                100,
                Arrays.stream(draw("rotate:30", SHAPE, 100, 5, 2))
                        .map(map -> map.maps[map.at + 1])
                        .distinct()
                        .count());
        for (float[] other : List.of(all.maps(SHAPE, 100, 6, 2), all.maps(SHAPE, 100, 5, 3))) {
            for (int place = 0; place < 100; place++) {
                assertTrue(maps[6 * place + 1] != other[6 * place + 1], "place " + place);
            }
        }
    }

    /** Each change has random numbers of its own. */
    @Test
    void aChangeDoesNotChangeTheDrawsOfAnother() {
        float[] alone = Augmentation.parse("flip").maps(SHAPE, 200, 1, 1);
        float[] both = Augmentation.parse("rotate:20,flip").maps(SHAPE, 200, 1, 1);
        for (int place = 0; place < 200; place++) {
            assertEquals(alone[6 * place] < 0, both[6 * place] < 0);
        }
    }
}
