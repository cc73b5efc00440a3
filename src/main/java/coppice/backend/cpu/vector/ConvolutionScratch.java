package coppice.backend.cpu.vector;

import coppice.backend.cpu.CpuTensor;

/** Arrays that grow to what is asked for and are used again. */
final class ConvolutionScratch {
    private float[] panels = new float[0];
    private float[] sums = new float[0];
    private int[] runs = new int[0];

    /** Packed pixels, from {@code CpuTensor.BASE} on. */
    float[] panels(long length) {
        panels = grown(panels, length);
        return panels;
    }

    /** Sums or what they start from, from {@code CpuTensor.BASE} on. */
    float[] sums(long length) {
        sums = grown(sums, length);
        return sums;
    }

    int[] runs(int length) {
        if (runs.length < length) {
            runs = new int[length];
        }
        return runs;
    }

    private static float[] grown(float[] array, long length) {
        if (array.length >= length + CpuTensor.BASE) {
            return array;
        }
        return new float[Math.toIntExact(length + CpuTensor.BASE)];
    }
}
