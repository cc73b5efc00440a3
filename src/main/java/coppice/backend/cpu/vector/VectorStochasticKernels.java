package coppice.backend.cpu.vector;

import coppice.backend.Bernoulli;
import coppice.backend.Pass;
import coppice.backend.cpu.CpuTensor;
import coppice.backend.cpu.Lanes;
import coppice.backend.cpu.StochasticKernels;
import coppice.random.Philox;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
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
    private static final long LOW = 0xFFFFFFFFL;

    private static int padded(int batch) {
        return (batch + LENGTH - 1) / LENGTH * LENGTH;
    }

    @Override
    protected void probabilities(
            Bernoulli units, float bias, float base, CpuTensor z, int unit, int batch, float[] scratch) {
        if (z.stride() < 32) {
            super.probabilities(units, bias, base, z, unit, batch, scratch);
            return;
        }
        float[] data = z.data();
        int at = z.at(unit);
        int count = padded(batch);
        float rest = units.base() == null ? 0f : 1f - units.scale();
        for (int b = at; b < at + count; b += LENGTH) {
            FloatVector t = FloatVector.fromArray(FLOATS, data, b).add(bias).mul(units.scale());
            if (units.base() != null) {
                t = FloatVector.broadcast(FLOATS, rest).fma(FloatVector.broadcast(FLOATS, base), t);
            }
            t.intoArray(data, b);
        }
        if (units.logistic()) {
            VectorMath.sigmoid(data, at, scratch, CpuTensor.BASE, count);
            System.arraycopy(scratch, CpuTensor.BASE, data, at, count);
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
        if (z.stride() < 32) {
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
        if (p.stride() < 32 || states.stride() < 32) {
            super.states(units, p, states, unit, pass);
            return;
        }
        for (int group = 0; group < pass.batch(); group += 32) {
            for (int block = 0; block < 8; block += BLOCKS) {
                int pAt = p.at(unit) + group + 2 * block;
                int sAt = states.at(unit) + group + 2 * block;
                draw(units, unit, pass.step(), group / 4 + block, p.data(), pAt, states.data(), sAt);
            }
        }
    }

    /**
     * Columns from pAt on by words 0 and 1, and 16 columns further by words 2 and 3.
     *
     * <p>The rounds of Philox stand here as in {@link VectorDropout}: handed to a method, their vectors become objects.
     */
    private static void draw(
            Bernoulli units, int unit, int step, int block, float[] p, int pAt, float[] states, int sAt) {
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
        u = ((FloatVector) second.lanewise(VectorOperators.LSHR, 8).convertShape(VectorOperators.I2F, FLOATS, 0))
                .mul(0x1p-24f);
        zero.blend(one, u.compare(VectorOperators.LT, FloatVector.fromArray(FLOATS, p, pAt + 16)))
                .intoArray(states, sAt + 16);
    }
}
