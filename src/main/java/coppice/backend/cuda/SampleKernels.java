package coppice.backend.cuda;

import coppice.backend.ImageMaps;
import coppice.backend.Pass;

/** Batches out of a data set. Twin of kernels/data.cu and backend/cpu/SampleKernels. */
final class SampleKernels {
    private static final int TILE = 32;

    private final Kernels kernels;
    private final StepState state;

    SampleKernels(Kernels kernels, StepState state) {
        this.kernels = kernels;
        this.state = state;
    }

    /** x = (value - offset) * scale for a batch, images mapped, transposed to (features, batch). */
    void gather(CudaSamples samples, int start, CudaTensor offset, CudaTensor scale, CudaTensor x, Pass pass) {
        StreamedFeatures streamed = samples.streamed();
        if (streamed != null) {
            streamed.begin(start, pass.batch());
        }
        Arguments arguments = kernels.arguments();
        samples.writeTo(arguments);
        arguments
                .pointer(offset.memory())
                .pointer(scale.memory())
                .pointer(x.memory())
                .pointer(streamed == null ? state.memory() : streamed.state())
                .integer(samples.features())
                .integer(x.stride())
                .integer(pass.batch())
                .integer(0);
        ImageMaps images = samples.images();
        if (images != null) {
            arguments
                    .pointer(samples.maps())
                    .pointer(state.memory())
                    .integer(images.height())
                    .integer(images.width())
                    .integer(images.nearest())
                    .integer(0);
        }
        int columns = (pass.batch() + TILE - 1) / TILE;
        if (samples.kernel().equals("gather_sparse")) {
            kernels.launch(samples.kernel(), columns, 1, 128, 1);
        } else {
            kernels.launch(samples.kernel(), (samples.features() + TILE - 1) / TILE, columns, TILE, 8);
        }
        if (streamed != null) {
            streamed.end();
        }
    }
}
