package coppice.backend.cpu;

import coppice.backend.Samples;
import coppice.matrix.Matrix;

/** A data set on the host: nothing is copied. */
final class CpuSamples implements Samples {
    final Matrix features;
    final int[] labels;
    int[] order;

    CpuSamples(Matrix features, int[] labels) {
        if (labels.length != features.rows()) {
            throw new IllegalArgumentException(features.rows() + " samples got " + labels.length + " labels");
        }
        this.features = features;
        this.labels = labels;
        this.order = new int[0];
    }

    @Override
    public int rows() {
        return features.rows();
    }
}
