package coppice.backend.cpu.vector;

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
}
