package coppice.backend.cpu;

import coppice.backend.ImageMaps;
import coppice.backend.Samples;
import coppice.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/** A data set on the host: nothing is copied. */
final class CpuSamples implements Samples {
    final Matrix features;
    final int[] labels;
    final float @Nullable [] classWeights;
    int[] order;

    @Nullable
    ImageMaps maps; // of the places of the order

    CpuSamples(Matrix features, int[] labels, float @Nullable [] classWeights) {
        if (labels.length != features.rows()) {
            throw new IllegalArgumentException(features.rows() + " samples got " + labels.length + " labels");
        }
        this.features = features;
        this.labels = labels;
        this.classWeights = classWeights;
        this.order = new int[0];
    }

    void setOrder(int[] newOrder, @Nullable ImageMaps newMaps) {
        if (newMaps != null) {
            newMaps.requireFit(features, newOrder.length);
        }
        order = newOrder.clone();
        maps = newMaps;
    }

    @Override
    public int rows() {
        return features.rows();
    }
}
