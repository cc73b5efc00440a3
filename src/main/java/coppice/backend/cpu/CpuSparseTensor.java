package coppice.backend.cpu;

import coppice.backend.SparseTensor;
import coppice.matrix.CsrPattern;

/** A sparse weight matrix in Java arrays. */
public final class CpuSparseTensor implements SparseTensor {
    private CsrPattern pattern;
    private float[] values;
    private final float[][] state;

    CpuSparseTensor(CsrPattern pattern, float[] values, int stateBuffers) {
        this.pattern = pattern;
        this.values = values;
        this.state = new float[stateBuffers][pattern.connections()];
        requireLength(values.length);
    }

    private void requireLength(int length) {
        if (length != pattern.connections()) {
            throw new IllegalArgumentException(pattern.connections() + " connections got " + length + " values");
        }
    }

    @Override
    public CsrPattern pattern() {
        return pattern;
    }

    /** The weights in CSR order. */
    public float[] values() {
        return values;
    }

    /** A state buffer in CSR order; null where the optimizer has none of that number. */
    public float[] state(int buffer) {
        return state[buffer];
    }

    /** The state buffers. */
    public float[][] states() {
        return state;
    }

    void setState(int buffer, float[] newState) {
        requireLength(newState.length);
        state[buffer] = newState;
    }

    void rewire(CsrPattern newPattern, float[] newValues, int[] origin) {
        pattern.releaseTranspose();
        pattern = newPattern;
        values = newValues;
        requireLength(newValues.length);
        for (int buffer = 0; buffer < state.length; buffer++) {
            float[] old = state[buffer];
            float[] carried = new float[origin.length];
            for (int k = 0; k < origin.length; k++) {
                carried[k] = origin[k] < 0 ? 0 : old[origin[k]];
            }
            state[buffer] = carried;
        }
    }
}
