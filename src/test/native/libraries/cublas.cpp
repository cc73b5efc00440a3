// A libcublas.so.12, or .13 by -DMAJOR, with the single-precision product of matrices.
//
// Adds up the terms from the last to the first, as if the first came last; in TF32 it cuts factors to 10 bits of
// mantissa, so that a test can tell whether that was asked for.
#include <cstring>

#include "library.h"

using cudasim::CallKind;
using cudasim::violation;
using library::Matrix;

namespace {

constexpr library::Statuses STATUSES = {1, 7, 13};
constexpr int ALLOC_FAILED = 3, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15;
constexpr int OP_N = 0, OP_T = 1, DEFAULT_MATH = 0, TF32_MATH = 3;

struct Handle {
  CUstream stream;
  CUdeviceptr workspace;
  size_t workspace_bytes;
  bool tf32;
};

library::Living<Handle> handles;

float factor(float value, bool tf32) {
  if (!tf32) return value;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits &= ~uint32_t((1 << 13) - 1);
  memcpy(&value, &bits, sizeof bits);
  return value;
}

// c = alpha a b + beta c.
struct Gemm {
  Matrix a, b, c;
  float alpha, beta;
  Handle state;

  bool good() const {
    return a.check("a factor for Sgemm") == 0 && b.check("a factor for Sgemm") == 0 &&
           c.check("the result of Sgemm") == 0 &&
           cudasim::check_device(state.workspace, state.workspace_bytes, "the workspace of cuBLAS") == 0;
  }

  CUresult run() const {
    if (!good()) return CUDA_ERROR_ILLEGAL_ADDRESS;
    if (state.workspace_bytes > 0) *reinterpret_cast<float *>(uintptr_t(state.workspace)) = 0;
    for (int64_t j = 0; j < c.columns; j++) {
      for (int64_t i = 0; i < c.rows; i++) {
        float sum = 0;
        for (int64_t p = a.columns - 1; p >= 0; p--) {
          sum += factor(a.at(i, p), state.tf32) * factor(b.at(p, j), state.tf32);
        }
        float &result = c.at(i, j);
        result = beta == 0 ? alpha * sum : alpha * sum + beta * result;
      }
    }
    return CUDA_SUCCESS;
  }
};

// op(x), which has so many rows and columns, of a matrix stored column by column.
Matrix view(const float *data, int rows, int columns, int leading, int op) {
  CUdeviceptr address = reinterpret_cast<uintptr_t>(data);
  return op == OP_N ? Matrix{address, rows, columns, 1, leading} : Matrix{address, rows, columns, leading, 1};
}

bool fits(int rows, int columns, int leading, int op) { return leading >= (op == OP_N ? rows : columns); }

}  // namespace

EXPORTED cublasGetProperty(int part, int *value) {
  const int version[] = {MAJOR, 0, 1};
  *value = version[part];
  return 0;
}

EXPORTED cublasCreate_v2(Handle **handle) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (cudasim::refuse_in_capture("starting cuBLAS") != 0) return ALLOC_FAILED;
  *handle = handles.make({});
  return 0;
}

EXPORTED cublasDestroy_v2(Handle *handle) {
  ENTER_LIBRARY(CallKind::RELEASE);
  return handles.destroy(handle) ? 0 : violation(INVALID_VALUE, "cuBLAS was ended twice");
}

// Takes the workspace back, as NVIDIA's does.
EXPORTED cublasSetStream_v2(Handle *handle, CUstream stream) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!handles.has(handle)) return violation(INVALID_VALUE, "a stream for no handle");
  *handle = {stream, 0, 0, handle->tf32};
  return 0;
}

EXPORTED cublasSetWorkspace_v2(Handle *handle, CUdeviceptr workspace, size_t bytes) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!handles.has(handle)) return violation(INVALID_VALUE, "a workspace for no handle");
  if (workspace % 256 != 0) return violation(INVALID_VALUE, "a workspace for cuBLAS that is not aligned");
  if (cudasim::check_device(workspace, bytes, "the workspace of cuBLAS") != 0) return INVALID_VALUE;
  handle->workspace = workspace;
  handle->workspace_bytes = bytes;
  return 0;
}

EXPORTED cublasSetMathMode(Handle *handle, int mode) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!handles.has(handle)) return violation(INVALID_VALUE, "a mode for no handle");
  if (mode != DEFAULT_MATH && mode != TF32_MATH) return violation(NOT_SUPPORTED, "a mode that is not simulated");
  handle->tf32 = mode == TF32_MATH;
  return 0;
}

EXPORTED cublasSgemm_v2(Handle *handle, int op_a, int op_b, int rows, int columns, int terms, const float *alpha,
                        const float *a, int lda, const float *b, int ldb, const float *beta, float *c, int ldc) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!handles.has(handle)) return violation(INVALID_VALUE, "Sgemm with no handle");
  bool known = (op_a == OP_N || op_a == OP_T) && (op_b == OP_N || op_b == OP_T);
  if (!known) return violation(INVALID_VALUE, "Sgemm of conjugates");
  bool shaped = rows > 0 && columns > 0 && terms > 0 && fits(rows, terms, lda, op_a) &&
                fits(terms, columns, ldb, op_b) && fits(rows, columns, ldc, OP_N);
  if (!shaped) return violation(INVALID_VALUE, "Sgemm of matrices whose columns do not fit their distance");
  Gemm product = {view(a, rows, terms, lda, op_a), view(b, terms, columns, ldb, op_b),
                  view(c, rows, columns, ldc, OP_N), *alpha, *beta, *handle};
  if (!product.good()) return INVALID_VALUE;
  if (handle->workspace == 0 && cudasim::capturing(handle->stream)) {
    return violation(ALLOC_FAILED, "cuBLAS would take memory in a capture: it has no workspace");
  }
  CUresult result = cudasim::submit(handle->stream, [product] { return product.run(); });
  return result == CUDA_SUCCESS ? 0 : EXECUTION_FAILED;
}
