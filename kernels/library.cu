// What is left to do beside the products of cuSPARSE and cuBLAS, which add to their results, know one order of values,
// and take a convolution as products of matrices.
#include "lanes.cuh"

// z(i, b) = bias[i / rows_each] for (rows, batch), to which a product is added. Block: 128 threads; grid: a warp a row.
// Twin: SparseKernels.spmm, whose sums start so.
KERNEL(start_with_bias, StartWithBias) {
  const int row = warp_row();
  if (row >= arguments.rows) {
    return;
  }
  const float bias = arguments.bias[row / arguments.rows_each];
  float *z = arguments.z + static_cast<size_t>(row) * arguments.stride;
  for (int b = lane_index(); b < arguments.batch; b += LANES) {
    z[b] = bias;
  }
}

// to[k] = from[indices[k]], a thread each: values in the order of the transpose. Block: 256 threads. Twin:
// SparseKernels.spmmTransposed, which reads them so.
KERNEL(permute, Permute) {
  const size_t k = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (k < static_cast<size_t>(arguments.count)) {
    arguments.to[k] = __ldg(arguments.from + arguments.indices[k]);
  }
}

// Row of the image's pixel that a position's term (channel, ky, kx) reads; -1 if it lies outside.
__device__ __forceinline__ int pixel_of(const WindowArguments &w, int term, int position) {
  const int y = position / w.out_width * w.stride - w.top + term / w.kernel % w.kernel;
  const int x = position % w.out_width * w.stride - w.left + term % w.kernel;
  const bool inside = y >= 0 && y < w.height && x >= 0 && x < w.width;
  return inside ? (term / (w.kernel * w.kernel) * w.height + y) * w.width + x : -1;
}

// The patches of some positions: for each term and position the batch of the pixel that it reads; zero for pixels
// outside the image and for columns past the batch.
//
// x: (channels * height * width, batch); patches: (terms, count * width). Block: 128 threads; grid: a warp a term and
// position. Twin: ConvolutionKernels.forward, which reads pixels where they are.
KERNEL(form_patches, Patches) {
  const WindowArguments &w = arguments.window;
  const int place = warp_row();
  if (place >= w.channels * w.kernel * w.kernel * arguments.count) {
    return;
  }
  const int pixel = pixel_of(w, place / arguments.count, arguments.first + place % arguments.count);
  const float *x = arguments.x + static_cast<size_t>(max(pixel, 0)) * arguments.x_stride;
  float *patch = arguments.patches + static_cast<size_t>(place) * arguments.width;
  for (int b = lane_index(); b < arguments.width; b += LANES) {
    patch[b] = pixel >= 0 && b < arguments.batch ? __ldg(x + b) : 0.0f;
  }
}

// Adds the patches' derivatives of some positions to those of the pixels that they read; the first positions start from
// zero.
//
// patches: (terms, count * width); dx: (channels * height * width, batch). Each sum takes (ky, kx) in order. Block: 128
// threads; grid: a warp a pixel. Twin: ConvolutionKernels.backward, whose sums are the same ones.
KERNEL(add_patches, AddPatches) {
  const WindowArguments &w = arguments.window;
  const int pixel = warp_row();
  if (pixel >= w.channels * w.height * w.width) {
    return;
  }
  const int channel = pixel / (w.height * w.width);
  const int y = pixel / w.width % w.height + w.top;
  const int x = pixel % w.width + w.left;
  float *dx = arguments.dx + static_cast<size_t>(pixel) * arguments.dx_stride;
  for (int b = lane_index(); b < arguments.batch; b += LANES) {
    float sum = arguments.first == 0 ? 0.0f : dx[b];
    for (int ky = 0; ky < w.kernel; ky++) {
      for (int kx = 0; kx < w.kernel; kx++) {
        const int row = (y - ky) / w.stride;
        const int column = (x - kx) / w.stride;
        const int place = row * w.out_width + column - arguments.first;
        const bool there = y >= ky && x >= kx && row * w.stride == y - ky && column * w.stride == x - kx &&
                           row < w.out_height && column < w.out_width;
        if (there && place >= 0 && place < arguments.count) {
          const size_t patch = static_cast<size_t>((channel * w.kernel + ky) * w.kernel + kx) * arguments.count + place;
          sum = __fadd_rn(sum, __ldg(arguments.patches + patch * arguments.width + b));
        }
      }
    }
    dx[b] = sum;
  }
}
