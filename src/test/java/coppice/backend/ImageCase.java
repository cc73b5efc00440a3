package coppice.backend;

import coppice.matrix.ByteMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Images and their maps, taken in batches.
 *
 * @param capacity columns of the batch's tensor
 * @param bytes whether pixels are bytes; floats if not
 * @param nearest what is outside
 */
record ImageCase(
        int channels, int height, int width, int batch, int capacity, boolean bytes, boolean nearest, int seed) {
    private static final int[][] SHAPES = {
        {1, 1, 1}, {3, 1, 7}, {2, 5, 1}, {1, 8, 8}, {3, 5, 7}, {1, 28, 28}, {2, 17, 33}, {3, 32, 32}, {1, 3, 70}
    };
    private static final int[] BATCHES = {1, 2, 5, 15, 16, 17, 31, 32, 33, 48, 100};

    /** Every batch, with shapes, storages and fills that rotate. */
    static List<ImageCase> all() {
        List<ImageCase> cases = new ArrayList<>();
        for (int i = 0; i < 4 * BATCHES.length; i++) {
            int[] shape = SHAPES[i % SHAPES.length];
            int batch = BATCHES[i % BATCHES.length];
            int capacity = batch + (i % 3 == 0 ? 3 : 0);
            cases.add(new ImageCase(shape[0], shape[1], shape[2], batch, capacity, i / 11 % 2 == 0, i / 2 % 2 == 0, i));
        }
        return cases;
    }

    int features() {
        return channels * height * width;
    }

    /** Enough for two batches, the second one shorter. */
    int samples() {
        return batch + (batch + 1) / 2;
    }

    Matrix matrix() {
        byte[] values = new byte[samples() * features()];
        new Random(seed).nextBytes(values);
        if (bytes) {
            return new ByteMatrix(samples(), features(), values);
        }
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values[i] * 0.37f;
        }
        return new DenseMatrix(samples(), features(), floats);
    }

    int[] order() {
        int[] order = new int[samples()];
        Arrays.setAll(order, i -> order.length - 1 - i);
        return order;
    }

    /** Maps that turn, stretch, mirror and move images, some of them out of sight or far out of it. */
    float[] maps() {
        Random random = new Random(seed + 1);
        float[] maps = new float[samples() * ImageMaps.NUMBERS];
        for (int place = 0; place < samples(); place++) {
            int at = place * ImageMaps.NUMBERS;
            float far = place % 7 == 3 ? 1e9f : place % 5 == 2 ? 3 : 0.7f;
            for (int k : new int[] {0, 1, 3, 4}) {
                maps[at + k] = random.nextFloat() * 2.4f - 1.2f;
            }
            maps[at + 2] = (random.nextFloat() * 2 - 1) * far * width;
            maps[at + 5] = (random.nextFloat() * 2 - 1) * far * height;
            if (place % 4 == 0) { // pixels onto pixels, and onto the very edges
                setWhole(maps, at, random);
            }
        }
        return maps;
    }

    private void setWhole(float[] maps, int at, Random random) {
        boolean mirrored = random.nextBoolean();
        maps[at] = mirrored ? -1 : 1;
        maps[at + 1] = 0;
        maps[at + 2] = random.nextInt(5) - 2 + (mirrored ? width - 1 : 0);
        maps[at + 3] = 0;
        maps[at + 4] = 1;
        maps[at + 5] = random.nextInt(5) - 2;
    }

    ImageMaps images(float[] maps) {
        return new ImageMaps(channels, height, width, nearest, maps);
    }

    /** One value a feature. */
    float[] offset() {
        float[] offset = new float[features()];
        for (int f = 0; f < offset.length; f++) {
            offset[f] = f % 11 * 0.3f;
        }
        return offset;
    }

    /** One value a feature. */
    float[] scale() {
        float[] scale = new float[features()];
        for (int f = 0; f < scale.length; f++) {
            scale[f] = 0.01f + f % 13 * 0.001f;
        }
        return scale;
    }

    /** What batches of all samples look like, without the columns past each batch: (features, samples). */
    float[] gather(Backend backend, float[] maps) {
        Samples data = backend.samples(matrix(), new int[samples()]);
        backend.order(data, order(), images(maps));
        return gather(backend, data);
    }

    /** The same of a data set whose order is set. */
    float[] gather(Backend backend, Samples data) {
        Tensor offset = backend.tensor(1, features());
        Tensor scale = backend.tensor(1, features());
        backend.upload(offset, offset());
        backend.upload(scale, scale());
        Tensor x = backend.activations(features(), capacity);
        float[] all = new float[features() * samples()];
        for (int start = 0; start < samples(); start += batch) {
            int count = Math.min(batch, samples() - start);
            float[] stale = new float[features() * capacity];
            Arrays.fill(stale, Float.NaN);
            backend.upload(x, stale);
            backend.gather(data, start, offset, scale, x, new Pass(count, true, 0));
            float[] taken = backend.download(x);
            for (int f = 0; f < features(); f++) {
                System.arraycopy(taken, f * capacity, all, f * samples() + start, count);
            }
        }
        return all;
    }
}
