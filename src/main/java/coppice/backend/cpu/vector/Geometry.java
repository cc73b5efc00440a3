package coppice.backend.cpu.vector;

import coppice.backend.Window;
import coppice.backend.cpu.CpuTensor;

/**
 * What the outputs of a convolution or of its transpose read.
 *
 * @param kernel side of the window
 * @param from images that are read
 * @param to images that are made
 * @param rows taps of the rows of outputs
 * @param columns taps of the columns of outputs
 * @param reversed whether the pixels that a window meets in order lie from the last to the first
 */
record Geometry(int kernel, Images from, Images to, Taps rows, Taps columns, boolean reversed) {
    /**
     * Images of a tensor.
     *
     * @param channels number of images
     */
    record Images(CpuTensor tensor, int channels, int height, int width) {
        int row(int channel, int y, int x) {
            return (channel * height + y) * width + x;
        }

        int at(int channel, int y, int x) {
            return tensor.at(row(channel, y, x));
        }
    }

    private static Images below(Window window, CpuTensor tensor) {
        return new Images(tensor, window.channels(), window.height(), window.width());
    }

    private static Images above(Window window, CpuTensor tensor, int filters) {
        return new Images(tensor, filters, window.outHeight(), window.outWidth());
    }

    /** Of a convolution. */
    static Geometry forward(Window window, CpuTensor x, CpuTensor z, int filters) {
        int kernel = window.kernel();
        return new Geometry(
                kernel,
                below(window, x),
                above(window, z, filters),
                Taps.forward(window.outHeight(), window.height(), kernel, window.stride(), window.top()),
                Taps.forward(window.outWidth(), window.width(), kernel, window.stride(), window.left()),
                false);
    }

    /** Of its transpose. */
    static Geometry backward(Window window, CpuTensor dz, CpuTensor dx, int filters) {
        int kernel = window.kernel();
        return new Geometry(
                kernel,
                above(window, dz, filters),
                below(window, dx),
                Taps.backward(window.outHeight(), window.height(), kernel, window.stride(), window.top()),
                Taps.backward(window.outWidth(), window.width(), kernel, window.stride(), window.left()),
                true);
    }
}
