// Pooling. Twin of backend/cpu/PoolingKernels.java.
//
// A warp has an output, or a pixel, and the whole batch, lane l columns l, l + 32, ... Block: 128 threads; grid: a warp
// a neuron.
#include "neurons.cuh"

// Row of the first pixel, of channel 0 on, that a position covers.
__device__ __forceinline__ int corner(const WindowArguments &w, int channel, int row, int column) {
  return (channel * w.height + row * w.stride) * w.width + column * w.stride;
}

// Pooling forward: z = the greatest or the mean of the pixels that a position covers in its channel, a = dropout(f(z));
// in training also the signs of z and what is dropped.
//
// x: (channels * height * width, batch); z, a: (channels * positions, batch). The greatest is the first pixel, row by
// row, until another one is above it; a mean is a sum in that order from zero on, times a factor. Twin:
// PoolingKernels.pool, then NeuronKernels.activate.
KERNEL(pool, Pool) {
  const NeuronsArguments &n = arguments.neurons;
  const WindowArguments &w = arguments.window;
  const int neuron = warp_row();
  if (neuron >= n.neurons) {
    return;
  }
  const int positions = w.out_height * w.out_width;
  const int first_pixel =
      corner(w, neuron / positions, neuron % positions / w.out_width, neuron % w.out_width);
  const int lane = lane_index();
  const int groups = groups_of(n.batch);
  const Srelu srelu = srelu_of(n, neuron);
  for (int first = 0; first < groups; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, groups - first);
    const unsigned dropped = has_dropout(n) ? draw_row_dropped(n, neuron, first, count, lane) : 0;
    for (int g = 0; g < count; g++) {
      const int column = (first + g) * LANES + lane;
      const float *x = arguments.x + static_cast<size_t>(first_pixel) * arguments.x_stride +
                       readable_column(column, arguments.x_stride);
      float greatest = *x;
      float sum = 0.0f;
      for (int ky = 0; ky < w.kernel; ky++) {
        for (int kx = 0; kx < w.kernel; kx++) {
          const float value = __ldg(x + static_cast<size_t>(ky * w.width + kx) * arguments.x_stride);
          greatest = value > greatest ? value : greatest;
          sum = __fadd_rn(sum, value);
        }
      }
      const float z = arguments.kind == MAX ? greatest : __fmul_rn(sum, arguments.factor);
      if (n.z != n.a && column < n.batch) {
        n.z[element(n, neuron, column)] = z;
      }
      activate_group(n, srelu, neuron, first + g, lane, __shfl_sync(ALL_LANES, dropped, g * 4), z);
    }
  }
}

// Whether a pixel is the greatest of those that a position covers, the first of them if there are several. `images`
// points to a column of row 0.
__device__ __forceinline__ bool is_greatest(const Unpool &u, const float *images, int first_pixel, int pixel) {
  const WindowArguments &w = u.window;
  int greatest = first_pixel;
  float value = __ldg(images + static_cast<size_t>(first_pixel) * u.below.stride);
  for (int ky = 0; ky < w.kernel; ky++) {
    for (int kx = 0; kx < w.kernel; kx++) {
      const int other = first_pixel + ky * w.width + kx;
      const float other_value = __ldg(images + static_cast<size_t>(other) * u.below.stride);
      greatest = other_value > value ? other : greatest;
      value = other_value > value ? other_value : value;
    }
  }
  return greatest == pixel;
}

// Pooling backward: dx at every pixel, then below.gradient = (dx * s) * f'(z) with s the dropout scale, or 0.
//
// dz: (channels * positions, batch); below: (channels * height * width, batch), whose outputs were pooled. Each dx
// starts at zero and takes the positions that cover the pixel, row by row: of a maximum dz is added where the pixel was
// the greatest, of a mean dz times the factor by fma. The gradient of SReLU's parameters is summed by lanes. Twin:
// PoolingKernels.unpool, then NeuronKernels.derive.
KERNEL(unpool, Unpool) {
  const NeuronsArguments &n = arguments.below;
  const WindowArguments &w = arguments.window;
  const int pixel = warp_row();
  if (pixel >= n.neurons) {
    return;
  }
  const int channel = pixel / (w.height * w.width);
  const int y = pixel / w.width % w.height;
  const int x = pixel % w.width;
  // The positions that cover the pixel.
  const int row_from = max(0, (y - w.kernel + w.stride) / w.stride);
  const int row_end = min(w.out_height, y / w.stride + 1);
  const int column_from = max(0, (x - w.kernel + w.stride) / w.stride);
  const int column_end = min(w.out_width, x / w.stride + 1);
  const int lane = lane_index();
  const int groups = groups_of(n.batch);
  const Srelu srelu = srelu_of(n, pixel);
  SreluSums sums = {};
  for (int first = 0; first < groups; first += DRAWN_GROUPS) {
    const int count = min(DRAWN_GROUPS, groups - first);
    const Words words = read_words(n, pixel, first + lane, lane < count);
    for (int g = 0; g < count; g++) {
      const int column = (first + g) * LANES + lane;
      const Words of_group = words_of_lane(words, g);
      if (column >= n.batch) {
        continue;
      }
      float dx = 0.0f;
      for (int row = row_from; row < row_end; row++) {
        for (int position = column_from; position < column_end; position++) {
          const size_t at = (static_cast<size_t>(channel) * w.out_height + row) * w.out_width + position;
          const float dz = __ldg(arguments.dz + at * arguments.dz_stride + column);
          if (arguments.kind == AVERAGE) {
            dx = fmaf(dz, arguments.factor, dx);
          } else if (is_greatest(arguments, n.a + column, corner(w, channel, row, position), pixel)) {
            dx = __fadd_rn(dx, dz);
          }
        }
      }
      const float z = needs_z(n) ? n.z[element(n, pixel, column)] : 0.0f;
      derive_column(n, srelu, sums, pixel, column, of_group, z, dx);
    }
  }
  write_slope_gradient(n, srelu, sums, pixel, lane);
}
