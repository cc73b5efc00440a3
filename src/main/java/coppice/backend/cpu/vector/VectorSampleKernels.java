package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.ImageTile;
import coppice.backend.cpu.SampleKernels;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of {@link SampleKernels}. */
final class VectorSampleKernels extends SampleKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(LENGTH * Byte.SIZE));

    private static final float ROUND = 0x1p23f; // sums with it are whole numbers, which sit in the low bits
    private static final int ROUND_BITS = Float.floatToRawIntBits(ROUND);
    private static final int ONE = Float.floatToRawIntBits(1f);

    @Override
    protected void convert(byte[] bytes, int at, float[] x, int xAt, int count, float shift, float factor) {
        int whole = count - count % LENGTH;
        for (int b = 0; b < whole; b += LENGTH) {
            IntVector value =
                    (IntVector) ByteVector.fromArray(BYTES, bytes, at + b).convertShape(VectorOperators.B2I, INTS, 0);
            FloatVector wide = (FloatVector) value.and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0);
            wide.sub(shift).mul(factor).intoArray(x, xAt + b);
        }
        super.convert(bytes, at + whole, x, xAt + whole, count - whole, shift, factor);
    }

    @Override
    protected void pack(ImageTile tile, int sample) {
        byte[] image = tile.image();
        int[] quads = tile.quads();
        int start = tile.starts()[sample];
        int pitch = tile.pitch();
        int end = (tile.height() + 1) * pitch; // beyond there are zeros, and room for a vector
        for (int i = 0; i < end; i += LENGTH) {
            IntVector first =
                    (IntVector) ByteVector.fromArray(BYTES, image, i).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector right =
                    (IntVector) ByteVector.fromArray(BYTES, image, i + 1).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector below = (IntVector)
                    ByteVector.fromArray(BYTES, image, i + pitch).convertShape(VectorOperators.B2I, INTS, 0);
            IntVector last = (IntVector)
                    ByteVector.fromArray(BYTES, image, i + pitch + 1).convertShape(VectorOperators.B2I, INTS, 0);
            first.and(0xFF)
                    .or(right.and(0xFF).lanewise(VectorOperators.LSHL, 8))
                    .or(below.and(0xFF).lanewise(VectorOperators.LSHL, 16))
                    .or(last.lanewise(VectorOperators.LSHL, 24))
                    .intoArray(quads, start + i);
        }
    }

    /** All samples of the tile, there or not: each has a lane. */
    @Override
    protected void points(ImageTile tile, int samples, int row, int column, int pixels) {
        float[] maps = tile.maps();
        int[] places = tile.places();
        float[] right = tile.right();
        float[] down = tile.down();
        int pitch = tile.pitch();
        int low = Float.floatToRawIntBits(tile.low());
        int highU = Float.floatToRawIntBits(tile.width() + 1 - tile.low());
        int highV = Float.floatToRawIntBits(tile.height() + 1 - tile.low());
        FloatVector y = FloatVector.broadcast(FLOATS, row);
        for (int lane = 0; lane < ImageTile.SAMPLES; lane += LENGTH) {
            FloatVector a = FloatVector.fromArray(FLOATS, maps, lane);
            FloatVector b = FloatVector.fromArray(FLOATS, maps, ImageTile.SAMPLES + lane);
            FloatVector c = FloatVector.fromArray(FLOATS, maps, 2 * ImageTile.SAMPLES + lane);
            FloatVector d = FloatVector.fromArray(FLOATS, maps, 3 * ImageTile.SAMPLES + lane);
            FloatVector e = FloatVector.fromArray(FLOATS, maps, 4 * ImageTile.SAMPLES + lane);
            FloatVector f = FloatVector.fromArray(FLOATS, maps, 5 * ImageTile.SAMPLES + lane);
            FloatVector rowU = b.fma(y, c).add(1f);
            FloatVector rowV = e.fma(y, f).add(1f);
            IntVector starts = IntVector.fromArray(INTS, tile.starts(), lane);
            for (int pixel = 0; pixel < pixels; pixel++) {
                int at = pixel * ImageTile.SAMPLES + lane;
                FloatVector x = FloatVector.broadcast(FLOATS, column + pixel);
                // Floats that are not negative have the order of their bits, and those that are lie below.
                FloatVector u = (FloatVector) ((IntVector) a.fma(x, rowU).reinterpretShape(INTS, 0))
                        .max(low)
                        .min(highU)
                        .reinterpretShape(FLOATS, 0);
                FloatVector v = (FloatVector) ((IntVector) d.fma(x, rowV).reinterpretShape(INTS, 0))
                        .max(low)
                        .min(highV)
                        .reinterpretShape(FLOATS, 0);
                // The nearest whole number, and one less where that lies beyond: -1, all bits set, is added.
                FloatVector nearU = u.add(ROUND);
                FloatVector nearV = v.add(ROUND);
                FloatVector restU = u.sub(nearU.sub(ROUND));
                FloatVector restV = v.sub(nearV.sub(ROUND));
                IntVector beyondU = ((IntVector) restU.reinterpretShape(INTS, 0)).lanewise(VectorOperators.ASHR, 31);
                IntVector beyondV = ((IntVector) restV.reinterpretShape(INTS, 0)).lanewise(VectorOperators.ASHR, 31);
                IntVector i = ((IntVector) nearU.reinterpretShape(INTS, 0))
                        .sub(ROUND_BITS)
                        .add(beyondU);
                IntVector j = ((IntVector) nearV.reinterpretShape(INTS, 0))
                        .sub(ROUND_BITS)
                        .add(beyondV);
                j.mul(pitch).add(i).add(starts).intoArray(places, at);
                restU.add((FloatVector) beyondU.and(ONE).reinterpretShape(FLOATS, 0))
                        .intoArray(right, at);
                restV.add((FloatVector) beyondV.and(ONE).reinterpretShape(FLOATS, 0))
                        .intoArray(down, at);
            }
        }
    }

    @Override
    protected void blendBytes(
            ImageTile tile,
            int from,
            int to,
            int pixels,
            CpuTensor offset,
            CpuTensor scale,
            int feature,
            CpuTensor x,
            int column) {
        int end = (to + LENGTH - 1) / LENGTH * LENGTH;
        if (column + end > x.stride()) {
            end = to / LENGTH * LENGTH; // rows have no room for lanes without a sample
        }
        int[] fetched = tile.fetched();
        float[] right = tile.right();
        float[] down = tile.down();
        float[] shifts = offset.data();
        float[] factors = scale.data();
        float[] data = x.data();
        for (int lane = from; lane < end; lane += LENGTH) {
            int shiftAt = offset.at(0) + feature;
            int factorAt = scale.at(0) + feature;
            int xAt = x.at(feature) + column + lane;
            for (int pixel = 0; pixel < pixels; pixel++) {
                int at = pixel * ImageTile.SAMPLES + lane;
                IntVector quad = IntVector.fromArray(INTS, fetched, at);
                FloatVector p = (FloatVector) quad.and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0);
                FloatVector nextP = (FloatVector)
                        quad.lanewise(VectorOperators.LSHR, 8).and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0);
                FloatVector q = (FloatVector)
                        quad.lanewise(VectorOperators.LSHR, 16).and(0xFF).convertShape(VectorOperators.I2F, FLOATS, 0);
                FloatVector nextQ = (FloatVector)
                        quad.lanewise(VectorOperators.LSHR, 24).convertShape(VectorOperators.I2F, FLOATS, 0);
                FloatVector s = FloatVector.fromArray(FLOATS, right, at);
                FloatVector upper = s.fma(nextP.sub(p), p);
                FloatVector lower = s.fma(nextQ.sub(q), q);
                FloatVector.fromArray(FLOATS, down, at)
                        .fma(lower.sub(upper), upper)
                        .sub(shifts[shiftAt + pixel])
                        .mul(factors[factorAt + pixel])
                        .intoArray(data, xAt + pixel * x.stride());
            }
        }
        super.blendBytes(tile, Math.max(from, end), to, pixels, offset, scale, feature, x, column);
    }
}
