// Products of dense matrices. Twin of backend/cpu/DenseKernels.java.
//
// All give c(i, j) = row_start[i], or 0 without one, plus the sum over p of a(i, p) * b(p, j), with a (rows, terms),
// b (terms, columns) and c (rows, columns): one accumulator an element, terms in order by fma. While the terms of one
// tile are used, those of the next are on their way, into registers and then into the other half of shared memory.
// DenseKernels.java in backend/cuda chooses the kernel.
#include "arguments.cuh"

static constexpr int THREADS = 128;     // 8 rows and 16 columns of threads
static constexpr int THREAD_ROWS = 8;
static constexpr int THREAD_COLUMNS = 16;
static constexpr int TERMS = 16;        // of a tile

// One thread's share of a tile of (ROWS, COLUMNS) elements of a factor, on its way from global to shared memory.
//
// Element (r, c) of the factor is at r * row_step + c * column_step. The threads go along the dimension that is
// contiguous: columns, or rows if row_step is 1.
template <int ROWS, int COLUMNS>
struct TileLoader {
  static constexpr int EACH = ROWS * COLUMNS / THREADS;

  const float *data;
  size_t row_step;
  size_t column_step;
  int rows;
  int columns;
  bool along_rows;

  __device__ __forceinline__ TileLoader(const float *data, int row_step, int column_step, int rows, int columns)
      : data(data),
        row_step(row_step),
        column_step(column_step),
        rows(rows),
        columns(columns),
        along_rows(row_step == 1 && column_step != 1) {}

  // Place of the thread's element i in the tile.
  __device__ __forceinline__ int tile_row(int i) const {
    const int place = static_cast<int>(threadIdx.x) + i * THREADS;
    return along_rows ? place % ROWS : place / COLUMNS;
  }

  __device__ __forceinline__ int tile_column(int i) const {
    const int place = static_cast<int>(threadIdx.x) + i * THREADS;
    return along_rows ? place / ROWS : place % COLUMNS;
  }

  // Reads the tile that starts at (row, column); zero outside the factor.
  __device__ __forceinline__ void load(float (&held)[EACH], int row, int column) const {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int r = row + tile_row(i);
      const int c = column + tile_column(i);
      held[i] = r < rows && c < columns ? __ldg(data + r * row_step + c * column_step) : 0.0f;
    }
  }
};

// Adds one term to a thread's sums, whose factors lie side by side in shared memory.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void add_term(float (&sums)[ROWS][COLUMNS], const float *a, const float *b) {
  float a_held[ROWS];
  float b_held[COLUMNS];
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    a_held[i] = a[i];
  }
#pragma unroll
  for (int j = 0; j < COLUMNS; j++) {
    b_held[j] = b[j];
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
#pragma unroll
    for (int j = 0; j < COLUMNS; j++) {
      sums[i][j] = fmaf(a_held[i], b_held[j], sums[i][j]);
    }
  }
}

// A tile of (8 ROWS, 16 COLUMNS) elements of c; a thread has ROWS rows of COLUMNS columns.
template <int ROWS, int COLUMNS>
__device__ __forceinline__ void multiply_tile(const DenseMultiply &d) {
  constexpr int TILE_ROWS = THREAD_ROWS * ROWS;
  constexpr int TILE_COLUMNS = THREAD_COLUMNS * COLUMNS;
  constexpr int PADDING = 4;  // keeps 16-byte alignment and spreads the columns of a over the banks
  alignas(16) __shared__ float a_tile[2][TERMS][TILE_ROWS + PADDING];
  alignas(16) __shared__ float b_tile[2][TERMS][TILE_COLUMNS + PADDING];
  using ALoader = TileLoader<TILE_ROWS, TERMS>;
  using BLoader = TileLoader<TERMS, TILE_COLUMNS>;
  const ALoader a(d.a, d.a_row_step, d.a_term_step, d.rows, d.terms);
  const BLoader b(d.b, d.b_term_step, d.b_column_step, d.terms, d.columns);
  const int column_tiles = (d.columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  const int first_row = static_cast<int>(blockIdx.x) / column_tiles * TILE_ROWS;
  const int first_column = static_cast<int>(blockIdx.x) % column_tiles * TILE_COLUMNS;
  const int y = static_cast<int>(threadIdx.x) / THREAD_COLUMNS * ROWS;
  const int x = static_cast<int>(threadIdx.x) % THREAD_COLUMNS * COLUMNS;
  float sums[ROWS][COLUMNS];
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    const int row = first_row + y + i;
    const float start = d.row_start != nullptr && row < d.rows ? d.row_start[row] : 0.0f;
#pragma unroll
    for (int j = 0; j < COLUMNS; j++) {
      sums[i][j] = start;
    }
  }
  float a_held[ALoader::EACH];
  float b_held[BLoader::EACH];
  a.load(a_held, first_row, 0);
  b.load(b_held, 0, first_column);
  for (int first = 0, half = 0; first < d.terms; first += TERMS, half ^= 1) {
#pragma unroll
    for (int i = 0; i < ALoader::EACH; i++) {
      a_tile[half][a.tile_column(i)][a.tile_row(i)] = a_held[i];
    }
#pragma unroll
    for (int i = 0; i < BLoader::EACH; i++) {
      b_tile[half][b.tile_row(i)][b.tile_column(i)] = b_held[i];
    }
    __syncthreads();
    a.load(a_held, first_row, first + TERMS);
    b.load(b_held, first + TERMS, first_column);
    if (first + TERMS <= d.terms) {
#pragma unroll
      for (int p = 0; p < TERMS; p++) {
        add_term(sums, &a_tile[half][p][y], &b_tile[half][p][x]);
      }
    } else {
#pragma unroll 1
      for (int p = 0; p < d.terms - first; p++) {
        add_term(sums, &a_tile[half][p][y], &b_tile[half][p][x]);
      }
    }
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
#pragma unroll
    for (int j = 0; j < COLUMNS; j++) {
      const int row = first_row + y + i;
      const int column = first_column + x + j;
      if (row < d.rows && column < d.columns) {
        d.c[static_cast<size_t>(row) * d.c_row_step + column] = sums[i][j];
      }
    }
  }
}

// Tiles of 32 x 32 elements. Block: 128 threads. Twin: DenseKernels.multiplyAdd.
KERNEL(dense_multiply, DenseMultiply) { multiply_tile<4, 2>(arguments); }

// Tiles of 64 x 64 elements, for products large enough to fill the GPU with them: fewer loads an fma. Block: 128
// threads. Twin: DenseKernels.multiplyAdd.
KERNEL(dense_multiply_large, DenseMultiply) { multiply_tile<8, 4>(arguments); }

static constexpr int FEW_ROWS = 32;        // of a block
static constexpr int FEW_COLUMNS = 8;
static constexpr int FEW_THREADS = 256;    // a warp has 4 rows of 8 columns
static constexpr int FEW_TERMS = 128;      // of a tile
static constexpr int FEW_A_EACH = FEW_ROWS * FEW_TERMS / FEW_THREADS;
static constexpr int FEW_B_EACH = FEW_COLUMNS * FEW_TERMS / FEW_THREADS;

// The terms of few rows from `first` on, on their way from global memory; zero outside the factors.
struct FewHeld {
  float a[FEW_A_EACH];
  float b[FEW_B_EACH];

  static __device__ __forceinline__ int a_row(int i) {
    return (static_cast<int>(threadIdx.x) + i * FEW_THREADS) / FEW_TERMS;
  }

  static __device__ __forceinline__ int a_term() { return static_cast<int>(threadIdx.x) % FEW_TERMS; }

  static __device__ __forceinline__ int b_term(int i) {
    return (static_cast<int>(threadIdx.x) + i * FEW_THREADS) / FEW_COLUMNS;
  }

  static __device__ __forceinline__ int b_column() { return static_cast<int>(threadIdx.x) % FEW_COLUMNS; }

  __device__ __forceinline__ void load(const DenseMultiply &d, int first_row, int first_column, int first) {
#pragma unroll
    for (int i = 0; i < FEW_A_EACH; i++) {
      const int row = first_row + a_row(i);
      const int term = first + a_term();
      const size_t at = static_cast<size_t>(row) * d.a_row_step + static_cast<size_t>(term) * d.a_term_step;
      a[i] = row < d.rows && term < d.terms ? __ldg(d.a + at) : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < FEW_B_EACH; i++) {
      const int term = first + b_term(i);
      const int column = first_column + b_column();
      const size_t at = static_cast<size_t>(term) * d.b_term_step + static_cast<size_t>(column) * d.b_column_step;
      b[i] = term < d.terms && column < d.columns ? __ldg(d.b + at) : 0.0f;
    }
  }
};

// For few rows and many terms, as a classifier's outputs have them: the time is that of one chain of fma, so a thread
// has one element, and both factors lie along the terms in shared memory, four to a load.
//
// A tile of 32 rows and 8 columns. Block: 256 threads. Twin: DenseKernels.multiplyAdd.
KERNEL(dense_multiply_few_rows, DenseMultiply) {
  constexpr int ROW = FEW_TERMS + 4;  // aligned, and the rows that a warp reads at once start in different banks
  alignas(16) __shared__ float a_tile[2][FEW_ROWS][ROW];
  alignas(16) __shared__ float b_tile[2][FEW_COLUMNS][ROW];
  const DenseMultiply &d = arguments;
  const int first_row = static_cast<int>(blockIdx.y) * FEW_ROWS;
  const int first_column = static_cast<int>(blockIdx.x) * FEW_COLUMNS;
  const int y = static_cast<int>(threadIdx.x) / FEW_COLUMNS;
  const int x = static_cast<int>(threadIdx.x) % FEW_COLUMNS;
  const int row = first_row + y;
  const int column = first_column + x;
  const bool busy = first_row + y / 4 * 4 < d.rows;  // whether the warp has a row
  float sum = d.row_start != nullptr && row < d.rows ? d.row_start[row] : 0.0f;
  FewHeld held;
  held.load(d, first_row, first_column, 0);
  for (int first = 0, half = 0; first < d.terms; first += FEW_TERMS, half ^= 1) {
#pragma unroll
    for (int i = 0; i < FEW_A_EACH; i++) {
      a_tile[half][FewHeld::a_row(i)][FewHeld::a_term()] = held.a[i];
    }
#pragma unroll
    for (int i = 0; i < FEW_B_EACH; i++) {
      b_tile[half][FewHeld::b_column()][FewHeld::b_term(i)] = held.b[i];
    }
    __syncthreads();
    held.load(d, first_row, first_column, first + FEW_TERMS);
    const int count = busy ? min(FEW_TERMS, d.terms - first) : 0;
    const float *a = a_tile[half][y];
    const float *b = b_tile[half][x];
    int p = 0;
#pragma unroll 8
    for (; p + 4 <= count; p += 4) {
      const float4 a4 = *reinterpret_cast<const float4 *>(a + p);
      const float4 b4 = *reinterpret_cast<const float4 *>(b + p);
      sum = fmaf(a4.w, b4.w, fmaf(a4.z, b4.z, fmaf(a4.y, b4.y, fmaf(a4.x, b4.x, sum))));
    }
    for (; p < count; p++) {
      sum = fmaf(a[p], b[p], sum);
    }
  }
  if (row < d.rows && column < d.columns) {
    d.c[static_cast<size_t>(row) * d.c_row_step + column] = sum;
  }
}
