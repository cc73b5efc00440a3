// Products of dense matrices. Twin of backend/cpu/DenseKernels.java.
#include "arguments.cuh"

static constexpr int TILE = 32;         // rows, columns and terms of a tile
static constexpr int TILE_ROWS = 8;     // rows of threads
static constexpr int EACH = TILE / TILE_ROWS;
static constexpr int A_ROW = TILE + 4;  // floats a row of a's tile: rows start at 16 bytes
static constexpr int B_ROW = TILE + 1;

// One thread's share of a tile of a factor, on its way from global to shared memory.
//
// Element (r, s) of the factor is at r * row_step + s * column_step. The threads of a warp go along the dimension that
// is contiguous: columns, or rows if row_step is 1.
struct TileLoader {
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
    return along_rows ? static_cast<int>(threadIdx.x) : static_cast<int>(threadIdx.y) + i * TILE_ROWS;
  }

  __device__ __forceinline__ int tile_column(int i) const {
    return along_rows ? static_cast<int>(threadIdx.y) + i * TILE_ROWS : static_cast<int>(threadIdx.x);
  }

  // Reads the tile that starts at (row, column); zero outside the factor.
  __device__ __forceinline__ void load(float (&held)[EACH], int row, int column) const {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const int r = row + tile_row(i);
      const int c = column + tile_column(i);
      held[i] = r < rows && c < columns ? data[r * row_step + c * column_step] : 0.0f;
    }
  }

  template <int ROW>
  __device__ __forceinline__ void store(const float (&held)[EACH], float (&tile)[TILE][ROW]) const {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      tile[tile_row(i)][tile_column(i)] = held[i];
    }
  }
};

// Adds `count` terms of a tile to a thread's sums: rows y, y + 8, ... of column x.
__device__ __forceinline__ void add_terms(float (&sums)[EACH], const float (&a)[TILE][A_ROW],
                                          const float (&b)[TILE][B_ROW], int count) {
  const int x = static_cast<int>(threadIdx.x);
  const int y = static_cast<int>(threadIdx.y);
  int p = 0;
#pragma unroll
  for (; p + 4 <= TILE; p += 4) {
    if (p + 4 > count) {
      break;
    }
    const float b0 = b[p][x], b1 = b[p + 1][x], b2 = b[p + 2][x], b3 = b[p + 3][x];
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      const float4 a4 = *reinterpret_cast<const float4 *>(&a[y + i * TILE_ROWS][p]);
      sums[i] = fmaf(a4.w, b3, fmaf(a4.z, b2, fmaf(a4.y, b1, fmaf(a4.x, b0, sums[i]))));
    }
  }
  for (; p < count; p++) {
#pragma unroll
    for (int i = 0; i < EACH; i++) {
      sums[i] = fmaf(a[y + i * TILE_ROWS][p], b[p][x], sums[i]);
    }
  }
}

// c(i, j) = row_start[i], or 0 without one, plus the sum over p of a(i, p) * b(p, j).
//
// a: (rows, terms); b: (terms, columns); c: (rows, columns). One accumulator an element, terms in order by fma. Block:
// (32, 8) threads, a tile of 32 x 32 elements. While a tile is used, the next is on its way, into registers and then
// into the other half of shared memory. Twin: DenseKernels.multiplyAdd.
KERNEL(dense_multiply, DenseMultiply) {
  alignas(16) __shared__ float a_tile[2][TILE][A_ROW];
  alignas(16) __shared__ float b_tile[2][TILE][B_ROW];
  const DenseMultiply &d = arguments;
  const TileLoader a(d.a, d.a_row_step, d.a_term_step, d.rows, d.terms);
  const TileLoader b(d.b, d.b_term_step, d.b_column_step, d.terms, d.columns);
  const int first_row = static_cast<int>(blockIdx.y) * TILE;
  const int first_column = static_cast<int>(blockIdx.x) * TILE;
  const int row = first_row + static_cast<int>(threadIdx.y);
  const int column = first_column + static_cast<int>(threadIdx.x);
  float sums[EACH];
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    const int r = row + i * TILE_ROWS;
    sums[i] = d.row_start != nullptr && r < d.rows ? d.row_start[r] : 0.0f;
  }
  float a_held[EACH];
  float b_held[EACH];
  a.load(a_held, first_row, 0);
  b.load(b_held, 0, first_column);
  for (int p = 0, half = 0; p < d.terms; p += TILE, half ^= 1) {
    a.store(a_held, a_tile[half]);
    b.store(b_held, b_tile[half]);
    __syncthreads();
    a.load(a_held, first_row, p + TILE);
    b.load(b_held, p + TILE, first_column);
    add_terms(sums, a_tile[half], b_tile[half], min(TILE, d.terms - p));
  }
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    const int r = row + i * TILE_ROWS;
    if (r < d.rows && column < d.columns) {
      d.c[static_cast<size_t>(r) * d.c_row_step + column] = sums[i];
    }
  }
}
