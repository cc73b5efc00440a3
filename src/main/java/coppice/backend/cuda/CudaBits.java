package coppice.backend.cuda;

import coppice.backend.Neurons;

/** Bits of (neuron, batch column) in device memory: bit {@code column % 32} of word {@code column / 32} of a row. */
final class CudaBits implements Neurons.Bits {
    private final DeviceMemory memory;
    private final int rows;
    private final int words;

    CudaBits(Device device, int rows, int columns) {
        this.rows = rows;
        this.words = (columns + 31) / 32;
        this.memory = device.zeros((long) rows * words * Integer.BYTES, "bits of " + rows + " neurons");
    }

    @Override
    public int rows() {
        return rows;
    }

    /** Words a row. */
    int words() {
        return words;
    }

    DeviceMemory memory() {
        return memory;
    }
}
