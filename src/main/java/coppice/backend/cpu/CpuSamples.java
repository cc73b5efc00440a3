package coppice.backend.cpu;

import coppice.backend.Samples;
import coppice.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/** A data set on the host: nothing is copied. */
final class CpuSamples implements Samples {
    final Matrix features;
    final int[] labels;
    final float @Nullable [] classWeights;
    int[] order;

    CpuSamples(Matrix features, int[] labels, float @Nullable [] classWeights) {
        if (labels.length != features.rows()) {
            throw new IllegalArgumentException(features.rows() + " samples got " + labels.length + " labels");
        }
        this.features = features;
        this.labels = labels;
        this.classWeights = classWeights;
        this.order = new int[0];
    }

    @Override
    public int rows() {
        return features.rows();
    }
}
