// Convolutions with sparse filters. Twin of backend/cpu/ConvolutionKernels.java.
//
// A warp has a filter, or a channel, at eight places of a row, for one group of the batch. The lanes fetch 32
// connections at once, find out what each reaches, and hand them round.
#include "images.cuh"

static constexpr int LINE = 8;

// Eight places of a row of images, those of one warp. Forward they are side by side; backward a stride apart, so that a
// connection meets positions side by side, or none.
struct Line {
  int row;     // of the images
  int column;  // of the first place
  int step;    // to the next one
  int end;     // of the images' columns

  __device__ __forceinline__ Line(int number, int width, int step) : step(step), end(width) {
    const int each = ((width + step - 1) / step + LINE - 1) / LINE;  // of one remainder, in a row
    row = number / (each * step);
    column = number % (each * step) / step * (LINE * step) + number % step;
  }
};

// A connection as a lane holds it: its weight, the row that it reads for the first place, and which places it reaches.
struct Connection {
  float weight;
  int row;
  unsigned reached;
};

// Bits [from, to) of eight.
__device__ __forceinline__ unsigned bits_between(int from, int to) {
  const int first = max(from, 0);
  const int end = min(to, LINE);
  return first < end ? (1u << end) - (1u << first) : 0;
}

// A filter's connections, in CSR order, to rows of x.
struct ForwardConnections {
  static constexpr bool FORWARD = true;

  static __device__ __forceinline__ Line line(const WindowArguments &w, int number) {
    return Line(number, w.out_width, 1);
  }

  static __device__ __forceinline__ int first_index(const WindowArguments &, int filter) { return filter; }

  static __device__ __forceinline__ Connection at(const SparseConvolve &s, const Line &line, int k) {
    const WindowArguments &w = s.window;
    const int term = s.column_indices[k];
    const int y = line.row * w.stride - w.top + term / w.kernel % w.kernel;
    const int x = line.column * w.stride - w.left + term % w.kernel;
    const bool inside = y >= 0 && y < w.height;
    const unsigned reached = bits_between(steps_until(x, w.stride, 0), steps_until(x, w.stride, w.width));
    const int channel = term / (w.kernel * w.kernel);
    return Connection{s.values[k], (channel * w.height + y) * w.width + x, inside ? reached : 0};
  }

  static __device__ __forceinline__ int source_step(const WindowArguments &w) { return w.stride; }
};

// A channel's connections, those of its columns (ky, kx) one after the other, to rows of dz.
struct BackwardConnections {
  static constexpr bool FORWARD = false;

  static __device__ __forceinline__ Line line(const WindowArguments &w, int number) {
    return Line(number, w.width, w.stride);
  }

  static __device__ __forceinline__ int first_index(const WindowArguments &w, int channel) {
    return channel * w.kernel * w.kernel;
  }

  static __device__ __forceinline__ Connection at(const SparseConvolve &s, const Line &line, int i) {
    const WindowArguments &w = s.window;
    const int k = s.value_indices[i];
    const int term = s.column_indices[k];
    const int y = line.row + w.top - term / w.kernel % w.kernel;
    const int x = line.column + w.left - term % w.kernel;
    const int row = y / w.stride;
    const int column = x / w.stride;
    const bool there = y >= 0 && row * w.stride == y && row < w.out_height && column * w.stride == x;
    const unsigned reached = bits_between(-column, w.out_width - column);
    return Connection{s.values[k], (s.row_indices[i] * w.out_height + row) * w.out_width + column,
                      there ? reached : 0};
  }

  static __device__ __forceinline__ int source_step(const WindowArguments &) { return 1; }
};

// Adds 32 connections at most, one a lane, in order, to the sums of eight places. `source` points to the lane's column
// of row 0. Up to 32 loads are on their way before the first is used.
__device__ __forceinline__ void add_connections(float (&sums)[LINE], const float *source, size_t stride, int step,
                                                const Connection &mine, int count) {
  constexpr int AHEAD = 4;
#pragma unroll 1
  for (int first = 0; first < count; first += AHEAD) {
    float loaded[AHEAD][LINE];
    unsigned reached[AHEAD];  // none for lanes past the count
#pragma unroll
    for (int j = 0; j < AHEAD; j++) {
      const int row = __shfl_sync(ALL_LANES, mine.row, first + j);
      reached[j] = __shfl_sync(ALL_LANES, mine.reached, first + j);
#pragma unroll
      for (int i = 0; i < LINE; i++) {
        const bool wanted = (reached[j] >> i & 1) != 0;  // the same for the whole warp
        loaded[j][i] = wanted ? __ldg(source + (row + i * step) * stride) : 0.0f;
      }
    }
#pragma unroll
    for (int j = 0; j < AHEAD; j++) {
      const float weight = __shfl_sync(ALL_LANES, mine.weight, first + j);
#pragma unroll
      for (int i = 0; i < LINE; i++) {
        sums[i] = (reached[j] >> i & 1) != 0 ? fmaf(weight, loaded[j][i], sums[i]) : sums[i];
      }
    }
  }
}

// The neurons of a warp's sums: eight places of a row of an image, one group.
struct LineUnits {
  const Line &line;
  int image_row;  // neuron of the row's first place
  int group;

  __device__ __forceinline__ Unit operator()(int i) const {
    const int column = line.column + i * line.step;
    return Unit{image_row + column, group, i < LINE && column < line.end};
  }
};

template <class Connections>
__device__ __forceinline__ void sparse_convolve(const SparseConvolve &s) {
  __shared__ Parked<LINE> parked;
  const WindowArguments &w = s.window;
  const int blocks = (s.rows + WARPS - 1) / WARPS;
  const int place = static_cast<int>(blockIdx.x) % blocks * WARPS + static_cast<int>(threadIdx.x) / LANES;
  if (place >= s.rows) {
    return;
  }
  const int row = s.order != nullptr ? s.order[place] : place;
  const int groups = groups_of(s.neurons.batch);
  const int group = static_cast<int>(blockIdx.x) / blocks % groups;
  const Line line = Connections::line(w, static_cast<int>(blockIdx.x) / blocks / groups);
  const int lane = lane_index();
  const float *source = s.source + readable_column(group * LANES + lane, s.source_stride);
  const int end = s.offsets[Connections::first_index(w, row + 1)];
  float sums[LINE];
#pragma unroll
  for (int i = 0; i < LINE; i++) {
    sums[i] = s.bias != nullptr ? s.bias[row] : 0.0f;
  }
  for (int k = s.offsets[Connections::first_index(w, row)]; k < end; k += LANES) {
    const Connection mine = k + lane < end ? Connections::at(s, line, k + lane) : Connection{};
    add_connections(sums, source, s.source_stride, Connections::source_step(w), mine, min(LANES, end - k));
  }
#pragma unroll
  for (int i = 0; i < LINE; i++) {
    parked[i][threadIdx.x] = sums[i];
  }
  const int height = Connections::FORWARD ? w.out_height : w.height;
  const LineUnits units{line, (row * height + line.row) * line.end, group};
  if constexpr (Connections::FORWARD) {
    finish_forward(s.neurons, parked, LINE, units, lane);
  } else {
    finish_backward(s.neurons, parked, LINE, units, lane);
  }
}

// Convolution with sparse filters forward: as convolve_forward over the connections there are.
//
// W: CSR (filters, terms). Each z is one accumulator that starts from the bias and takes the row's connections in CSR
// order by fma, those that lie outside the image left out. Block: 128 threads; grid: filters by four, then groups of
// the batch, then lines. Twin: ConvolutionKernels.forward, then NeuronKernels.activate.
KERNEL(sparse_convolve_forward, SparseConvolve) { sparse_convolve<ForwardConnections>(arguments); }

// Convolution with sparse filters backward: as convolve_backward over the connections there are.
//
// W: CSR (filters, terms) with its transpose. Each dx is one accumulator that starts from zero and takes the channel's
// columns (ky, kx) in order, of each the connections from filter 0 on, by fma. Block: 128 threads; grid: channels by
// four, then groups of the batch, then lines. Twin: ConvolutionKernels.backward, then NeuronKernels.derive.
KERNEL(sparse_convolve_backward, SparseConvolve) { sparse_convolve<BackwardConnections>(arguments); }
