package coppice.backend.cpu.vector;

import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Pass;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.StochasticKernels;
import coppice.random.Philox;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Vector API twin of {@link StochasticKernels}; tensors made for small batches go the plain way. */
final class VectorStochasticKernels extends StochasticKernels {
    private static final VectorSpecies<Float> FLOATS = VectorKernels.FLOATS;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, FLOATS.vectorShape());
    private static final int LENGTH = VectorKernels.LENGTH;
    private static final int BLOCKS = LONGS.length();
    private static final LongVector LANE_NUMBERS = LongVector.zero(LONGS).addIndex(1);
    private static final IntVector INT_LANES = IntVector.zero(INTS).addIndex(1);
    private static final FloatVector FLOAT_LANES = FloatVector.zero(FLOATS).addIndex(1);
    private static final long LOW = 0xFFFFFFFFL;

    /** Elements that a kernel of several passes takes at once: they stay in the first-level cache. */
    private static final int TOGETHER = 1024;

    private static final int SUMS = 64; // rows whose lanes are kept before they are folded

    private static int padded(int batch) {
        return (batch + LENGTH - 1) / LENGTH * LENGTH;
    }

    /** The logistic function takes the rows of many units together: of a small batch, one alone waits for itself. */
    @Override
    protected void probabilities(Bernoulli units, CpuTensor z, int batch, int from, int to) {
        if (z.isNarrow()) {
            super.probabilities(units, z, batch, from, to);
            return;
        }
        int width = padded(batch);
        int together = Math.max(1, TOGETHER / width);
        float[] sums = new float[CpuTensor.BASE + Math.min(together, to - from) * width];
        boolean inPlace = z.stride() == width; // rows follow one another
        float[] logistic = units.logistic() && !inPlace ? new float[sums.length] : sums;
        for (int first = from; first < to; first += together) {
            int count = Math.min(together, to - first) * width;
            tempered(units, z, first, sums, count, width);
            if (!units.logistic()) {
                copy(sums, count, z, first, width);
            } else if (inPlace) {
                VectorMath.sigmoid(sums, CpuTensor.BASE, z.data(), z.at(first), count);
            } else {
                VectorMath.sigmoid(sums, CpuTensor.BASE, logistic, CpuTensor.BASE, count);
                copy(logistic, count, z, first, width);
            }
        }
    }

    /**
     * The arguments of the logistic functions of units from {@code unit} on, one after the other.
     *
     * <p>One loop over all of their vectors: an inner loop of one vector a row costs more than its work.
     */
    private static void tempered(Bernoulli units, CpuTensor z, int unit, float[] out, int count, int width) {
        boolean plain = units.base() == null;
        float rest = 1f - units.scale();
        int next = unit;
        int column = 0;
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector t = FloatVector.fromArray(FLOATS, z.data(), z.at(next) + column)
                    .add(of(units.bias(), next))
                    .mul(units.scale());
            if (!plain) {
                t = FloatVector.broadcast(FLOATS, rest).fma(FloatVector.broadcast(FLOATS, of(units.base(), next)), t);
            }
            t.intoArray(out, CpuTensor.BASE + i);
            column += LENGTH;
            if (column == width) {
                column = 0;
                next++;
            }
        }
    }

    private static void copy(float[] values, int count, CpuTensor z, int unit, int width) {
        int at = z.at(unit);
        int column = 0;
        for (int i = 0; i < count; i += LENGTH) {
            FloatVector.fromArray(FLOATS, values, CpuTensor.BASE + i).intoArray(z.data(), at + column);
            column += LENGTH;
            if (column == width) {
                column = 0;
                at += z.stride();
            }
        }
    }

    /** Whole vectors: what they leave past the first batch, those of the second overwrite. */
    @Override
    protected void join(Joined joined, CpuTensor out, int from, int to) {
        CpuTensor a = (CpuTensor) joined.a();
        CpuTensor b = (CpuTensor) joined.b();
        int aCount = joined.aCount();
        int aWidth = padded(aCount);
        int bWidth = padded(joined.bCount());
        boolean room =
                aWidth <= Math.min(a.stride(), out.stride()) && bWidth <= Math.min(b.stride(), out.stride() - aCount);
        if (room && aWidth == LENGTH && bWidth == LENGTH) {
            joinVectors(a, joined.aFactor(), b, joined.bFactor(), out, aCount, from, to);
            return;
        }
        for (int row = from; row < to; row++) {
            int at = out.at(row);
            scale(a.data(), a.at(row), joined.aFactor(), out.data(), at, room ? aWidth : aCount);
            scale(b.data(), b.at(row), joined.bFactor(), out.data(), at + aCount, room ? bWidth : joined.bCount());
        }
    }

    private static void joinVectors(
            CpuTensor a, float aFactor, CpuTensor b, float bFactor, CpuTensor out, int bColumn, int from, int to) {
        float[] as = a.data();
        float[] bs = b.data();
        float[] outs = out.data();
        int aStride = a.stride();
        int bStride = b.stride();
        int outStride = out.stride();
        FloatVector timesA = FloatVector.broadcast(FLOATS, aFactor);
        FloatVector timesB = FloatVector.broadcast(FLOATS, bFactor);
        for (int row = from; row < to; row++) {
            int at = CpuTensor.BASE + row * outStride;
            FloatVector.fromArray(FLOATS, as, CpuTensor.BASE + row * aStride)
                    .mul(timesA)
                    .intoArray(outs, at);
            FloatVector.fromArray(FLOATS, bs, CpuTensor.BASE + row * bStride)
                    .mul(timesB)
                    .intoArray(outs, at + bColumn);
        }
    }

    @Override
    protected void scale(float[] x, int xAt, float factor, float[] y, int yAt, int count) {
        int whole = count - count % LENGTH;
        for (int i = 0; i < whole; i += LENGTH) {
            FloatVector.fromArray(FLOATS, x, xAt + i).mul(factor).intoArray(y, yAt + i);
        }
        super.scale(x, xAt + whole, factor, y, yAt + whole, count - whole);
    }

    @Override
    protected void squaredErrors(CpuTensor target, CpuTensor output, int batch, int from, int to, float[] sums) {
        if (LENGTH < 16 || CpuTensor.isNarrow(target, output)) {
            super.squaredErrors(target, output, batch, from, to, sums);
            return;
        }
        float[] lanes = new float[CpuTensor.BASE + SUMS * 16];
        float[] folded = new float[SUMS];
        for (int row = from; row < to; row += SUMS) {
            int count = Math.min(SUMS, to - row);
            if (batch <= 16) {
                squaresOfSmall(target, output, batch, row, count, lanes);
            } else {
                squaresOf16(target, output, batch, row, count, lanes);
            }
            VectorLanes.fold(lanes, count, folded, 0);
            System.arraycopy(folded, 0, sums, row, count);
        }
    }

    /** Sixteen lanes of each of some rows, a lane a column; what lies past the batch is cleared as bits. */
    private static void squaresOfSmall(
            CpuTensor target, CpuTensor output, int batch, int from, int count, float[] lanes) {
        float[] ts = target.data();
        float[] os = output.data();
        IntVector in = IntVector.zero(INTS).blend(-1, INT_LANES.compare(VectorOperators.LT, batch));
        for (int i = 0; i < count; i++) {
            FloatVector d = FloatVector.fromArray(FLOATS, os, output.at(from + i))
                    .sub(FloatVector.fromArray(FLOATS, ts, target.at(from + i)));
            ((FloatVector) ((IntVector) d.mul(d).reinterpretShape(INTS, 0))
                            .and(in)
                            .reinterpretShape(FLOATS, 0))
                    .intoArray(lanes, CpuTensor.BASE + 16 * i);
        }
    }

    /** Sixteen lanes of each of some rows. */
    private static void squaresOf16(CpuTensor target, CpuTensor output, int batch, int from, int count, float[] lanes) {
        float[] ts = target.data();
        float[] os = output.data();
        int whole = batch - batch % Lanes.COUNT;
        VectorMask<Float> inLow = FLOAT_LANES.compare(VectorOperators.LT, (float) (batch - whole));
        VectorMask<Float> inHigh = FLOAT_LANES.compare(VectorOperators.LT, (float) (batch - whole - 16));
        for (int i = 0; i < count; i++) {
            int t = target.at(from + i);
            int o = output.at(from + i);
            FloatVector low = FloatVector.zero(FLOATS);
            FloatVector high = low;
            for (int b = 0; b < whole; b += Lanes.COUNT) {
                FloatVector d = FloatVector.fromArray(FLOATS, os, o + b).sub(FloatVector.fromArray(FLOATS, ts, t + b));
                FloatVector e = FloatVector.fromArray(FLOATS, os, o + b + 16)
                        .sub(FloatVector.fromArray(FLOATS, ts, t + b + 16));
                low = d.fma(d, low);
                high = e.fma(e, high);
            }
            if (whole < batch) {
                FloatVector d =
                        FloatVector.fromArray(FLOATS, os, o + whole).sub(FloatVector.fromArray(FLOATS, ts, t + whole));
                FloatVector e = FloatVector.fromArray(FLOATS, os, o + whole + 16)
                        .sub(FloatVector.fromArray(FLOATS, ts, t + whole + 16));
                low = low.blend(d.fma(d, low), inLow);
                high = high.blend(e.fma(e, high), inHigh);
            }
            low.add(high).intoArray(lanes, CpuTensor.BASE + 16 * i);
        }
    }

    @Override
    protected int squares(float[] target, int tAt, float[] output, int oAt, int batch, float[] lanes) {
        int whole = batch - batch % Lanes.COUNT;
        for (int lane = 0; lane < Lanes.COUNT; lane += LENGTH) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int b = lane; b < whole; b += Lanes.COUNT) {
                FloatVector difference = FloatVector.fromArray(FLOATS, output, oAt + b)
                        .sub(FloatVector.fromArray(FLOATS, target, tAt + b));
                sum = difference.fma(difference, sum);
            }
            sum.intoArray(lanes, lane);
        }
        return whole;
    }

    @Override
    protected void softplusRise(
            CpuTensor z, int row, int from, float low, float high, double[] lanes, int at, int count, float[] scratch) {
        if (z.isNarrow()) {
            super.softplusRise(z, row, from, low, high, lanes, at, count, scratch);
            return;
        }
        int width = padded(count);
        int above = CpuTensor.BASE;
        int below = above + width;
        int zAt = z.at(row) + from;
        for (int b = 0; b < width; b += LENGTH) {
            FloatVector x = FloatVector.fromArray(FLOATS, z.data(), zAt + b);
            x.mul(high).intoArray(scratch, above + b);
            x.mul(low).intoArray(scratch, below + b);
        }
        VectorMath.softplus(scratch, above, scratch, above + 2 * width, 2 * width);
        for (int b = 0; b < count; b++) {
            lanes[at + b] += (double) scratch[above + 2 * width + b] - (double) scratch[below + 2 * width + b];
        }
    }

    /** A Philox block in each lane of 64 bits; two of its words make two neighbouring columns. */
    @Override
    protected void states(Bernoulli units, CpuTensor p, CpuTensor states, int unit, Pass pass) {
        if (CpuTensor.isNarrow(p, states)) {
            super.states(units, p, states, unit, pass);
            return;
        }
        for (int group = 0; group < pass.batch(); group += 32) {
            for (int block = 0; block < 8; block += BLOCKS) {
                int pAt = p.at(unit) + group + 2 * block;
                int sAt = states.at(unit) + group + 2 * block;
                boolean both = group + 16 < pass.batch();
                draw(units, unit, pass.step(), group / 4 + block, p.data(), pAt, states.data(), sAt, both);
            }
        }
    }

    /**
     * Columns from pAt on by words 0 and 1, and 16 columns further, unless the batch ends there, by words 2 and 3.
     *
     * <p>The rounds of Philox stand here as in {@link VectorDropout}: handed to a method, their vectors become objects.
     */
    @SuppressWarnings("checkstyle:ParameterNumber")
    private static void draw(
            Bernoulli units, int unit, int step, int block, float[] p, int pAt, float[] states, int sAt, boolean both) {
        LongVector c0 = LANE_NUMBERS.add(block);
        LongVector c1 = LongVector.broadcast(LONGS, unit & LOW);
        LongVector c2 = LongVector.broadcast(LONGS, step & LOW);
        LongVector c3 = LongVector.broadcast(LONGS, units.purposeWord() & LOW);
        LongVector m0 = LongVector.broadcast(LONGS, Philox.M0 & LOW);
        LongVector m1 = LongVector.broadcast(LONGS, Philox.M1 & LOW);
        LongVector low = LongVector.broadcast(LONGS, LOW);
        int k0 = (int) units.seed();
        int k1 = (int) (units.seed() >>> 32);
        for (int round = 0; round < Philox.ROUNDS; round++) {
            LongVector p0 = c0.mul(m0);
            LongVector p1 = c2.mul(m1);
            c0 = p1.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c1)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k0 & LOW));
            c2 = p0.lanewise(VectorOperators.LSHR, 32)
                    .lanewise(VectorOperators.XOR, c3)
                    .lanewise(VectorOperators.XOR, LongVector.broadcast(LONGS, k1 & LOW));
            c1 = p1.and(low);
            c3 = p0.and(low);
            k0 += Philox.W0;
            k1 += Philox.W1;
        }
        IntVector first =
                (IntVector) c1.lanewise(VectorOperators.LSHL, 32).or(c0).reinterpretShape(INTS, 0);
        IntVector second =
                (IntVector) c3.lanewise(VectorOperators.LSHL, 32).or(c2).reinterpretShape(INTS, 0);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector u = ((FloatVector)
                        first.lanewise(VectorOperators.LSHR, 8).convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(0x1p-24f);
        zero.blend(one, u.compare(VectorOperators.LT, FloatVector.fromArray(FLOATS, p, pAt)))
                .intoArray(states, sAt);
        if (!both) {
            return;
        }
        u = ((FloatVector) second.lanewise(VectorOperators.LSHR, 8).convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(0x1p-24f);
        zero.blend(one, u.compare(VectorOperators.LT, FloatVector.fromArray(FLOATS, p, pAt + 16)))
                .intoArray(states, sAt + 16);
    }
}
