// A libcusparse.so.12 with the generic functions for SpMM and SDDMM of a CSR matrix with 32-bit indices.
//
// SpMM adds up each row's terms from the last to the first; SDDMM adds up even and odd columns of the batch apart.
#include "library.h"

using cudasim::CallKind;
using cudasim::violation;
using library::Matrix;

namespace {

constexpr library::Statuses STATUSES = {1, 3, 6};
constexpr int ALLOC_FAILED = 2, INVALID_VALUE = 3, EXECUTION_FAILED = 6, NOT_SUPPORTED = 10;
constexpr int R_32F = 0, INDEX_32I = 2, BASE_ZERO = 0, ORDER_COL = 1, ORDER_ROW = 2;
constexpr int NON_TRANSPOSE = 0, SPMM_CSR_ALG2 = 6, SDDMM_ALG_DEFAULT = 0;
constexpr uint64_t PREPARED = 0x5dd3a7e15dd3a7e1;

struct Handle {
  CUstream stream;
};

struct Csr {
  int64_t rows, columns, connections;
  CUdeviceptr offsets, indices, values;
  CUdeviceptr active = 0;    // the buffer of the last preparation of SDDMM
  int64_t active_terms = 0;  // and its inner dimension

  CUresult check() const {
    CUresult result = cudasim::check_device(offsets, size_t(rows + 1) * sizeof(int), "row offsets for cuSPARSE");
    if (result == 0) result = cudasim::check_device(indices, size_t(connections) * sizeof(int), "indices for cuSPARSE");
    if (result == 0) result = cudasim::check_device(values, size_t(connections) * sizeof(float), "values for cuSPARSE");
    return result;
  }

  // Whether offsets and indices make sense now.
  bool sound() const {
    const int *offset = library::array<int>(offsets), *index = library::array<int>(indices);
    bool good = offset[0] == 0 && offset[rows] == connections;
    for (int64_t row = 0; row < rows && good; row++) good = offset[row] <= offset[row + 1];
    for (int64_t k = 0; k < connections && good; k++) good = index[k] >= 0 && index[k] < columns;
    return good || violation(INVALID_VALUE, "cuSPARSE was given offsets or indices that are none") == 0;
  }

  // Stands for the topology.
  uint64_t fingerprint() const {
    uint64_t hash = PREPARED;
    const int *offset = library::array<int>(offsets), *index = library::array<int>(indices);
    for (int64_t row = 0; row <= rows; row++) hash = hash * 1099511628211u + uint64_t(offset[row]);
    for (int64_t k = 0; k < connections; k++) hash = hash * 1099511628211u + uint64_t(index[k]);
    return hash;
  }
};

struct Dense {
  Matrix matrix;
  int order;
};

library::Living<Handle> handles;
library::Living<Csr> sparse_matrices;
library::Living<Dense> dense_matrices;

// What SpMM and SDDMM demand: some bytes a row, so that a workspace for another matrix is seldom enough.
size_t demand(const Csr &sparse, int64_t batch) { return 64 + size_t(sparse.rows) * 8 + size_t(batch) * 4; }

int check_workspace(const Csr &sparse, int64_t batch, CUdeviceptr buffer) {
  bool aligned = buffer != 0 && buffer % 16 == 0;
  if (!aligned) return violation(INVALID_VALUE, "the workspace for cuSPARSE is null or not aligned");
  return cudasim::check_device(buffer, demand(sparse, batch), "the workspace for cuSPARSE") == 0 ? 0 : INVALID_VALUE;
}

int done(CUresult result) { return result == CUDA_SUCCESS ? 0 : EXECUTION_FAILED; }

// Operands of z = alpha w x + beta z.
struct Spmm {
  Csr w;
  Matrix x, z;
  float alpha, beta;
  CUdeviceptr buffer;

  int check(const void *handle) const {
    if (!handles.has(static_cast<const Handle *>(handle))) return violation(INVALID_VALUE, "SpMM with no handle");
    if (x.rows != w.columns || z.rows != w.rows || x.columns != z.columns) {
      return violation(INVALID_VALUE, "SpMM of matrices whose shapes do not fit");
    }
    bool good = w.check() == 0 && x.check("a factor for SpMM") == 0 && z.check("the result of SpMM") == 0;
    return good ? 0 : INVALID_VALUE;
  }

  CUresult run() const {
    bool good = w.check() == 0 && x.check("a factor for SpMM") == 0 && z.check("the result of SpMM") == 0 &&
                check_workspace(w, x.columns, buffer) == 0 && w.sound();
    if (!good) return CUDA_ERROR_ILLEGAL_ADDRESS;
    const int *offset = library::array<int>(w.offsets), *index = library::array<int>(w.indices);
    const float *value = library::array<float>(w.values);
    for (int64_t row = 0; row < w.rows; row++) {
      for (int64_t b = 0; b < x.columns; b++) {
        float sum = 0;
        for (int k = offset[row + 1] - 1; k >= offset[row]; k--) sum += value[k] * x.at(index[k], b);
        float &result = z.at(row, b);
        result = beta == 0 ? alpha * sum : alpha * sum + beta * result;
      }
    }
    *reinterpret_cast<uint64_t *>(uintptr_t(buffer)) = 0;  // whatever was there
    return CUDA_SUCCESS;
  }
};

// Operands of out = alpha (dz x) at the connections + beta out.
struct Sddmm {
  Matrix dz, x;
  Csr out;
  float alpha, beta;
  CUdeviceptr buffer;
  bool prepared;

  int check(const void *handle) const {
    if (!handles.has(static_cast<const Handle *>(handle))) return violation(INVALID_VALUE, "SDDMM with no handle");
    if (dz.rows != out.rows || x.columns != out.columns || dz.columns != x.rows) {
      return violation(INVALID_VALUE, "SDDMM of matrices whose shapes do not fit");
    }
    bool good = out.check() == 0 && dz.check("a factor for SDDMM") == 0 && x.check("a factor for SDDMM") == 0;
    return good ? 0 : INVALID_VALUE;
  }

  CUresult run() const {
    bool good = out.check() == 0 && dz.check("a factor for SDDMM") == 0 && x.check("a factor for SDDMM") == 0 &&
                check_workspace(out, dz.columns, buffer) == 0 && out.sound();
    if (!good) return CUDA_ERROR_ILLEGAL_ADDRESS;
    if (prepared && *library::array<uint64_t>(buffer) != out.fingerprint()) {
      return violation(CUDA_ERROR_ILLEGAL_ADDRESS, "SDDMM with a workspace prepared for another topology");
    }
    const int *offset = library::array<int>(out.offsets), *index = library::array<int>(out.indices);
    float *value = const_cast<float *>(library::array<float>(out.values));
    for (int64_t row = 0; row < out.rows; row++) {
      for (int k = offset[row]; k < offset[row + 1]; k++) {
        float sums[2] = {};
        for (int64_t b = 0; b < dz.columns; b++) sums[b % 2] += dz.at(row, b) * x.at(b, index[k]);
        float product = alpha * (sums[0] + sums[1]);
        value[k] = beta == 0 ? product : product + beta * value[k];
      }
    }
    return CUDA_SUCCESS;
  }
};

// The operands, if all are there and of the kinds that are known.
bool known(const Csr *w, const Dense *one, const Dense *other, int op_a, int op_b, int type) {
  bool there = sparse_matrices.has(w) && dense_matrices.has(one) && dense_matrices.has(other);
  if (!there) return violation(INVALID_VALUE, "cuSPARSE was given a descriptor that is none or was destroyed") == 0;
  return (op_a == NON_TRANSPOSE && op_b == NON_TRANSPOSE && type == R_32F) ||
         violation(NOT_SUPPORTED, "cuSPARSE was asked for what is not simulated") == 0;
}

}  // namespace

EXPORTED cusparseGetProperty(int part, int *value) {
  const int version[] = {12, 0, 1};
  *value = version[part];
  return 0;
}

EXPORTED cusparseCreate(Handle **handle) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (cudasim::refuse_in_capture("starting cuSPARSE") != 0) return ALLOC_FAILED;
  *handle = handles.make({});
  return 0;
}

EXPORTED cusparseDestroy(Handle *handle) {
  ENTER_LIBRARY(CallKind::RELEASE);
  return handles.destroy(handle) ? 0 : violation(INVALID_VALUE, "cuSPARSE was ended twice");
}

EXPORTED cusparseSetStream(Handle *handle, CUstream stream) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!handles.has(handle)) return violation(INVALID_VALUE, "a stream for no handle");
  handle->stream = stream;
  return 0;
}

EXPORTED cusparseCreateCsr(Csr **made, int64_t rows, int64_t columns, int64_t connections, CUdeviceptr offsets,
                           CUdeviceptr indices, CUdeviceptr values, int offset_type, int index_type, int base,
                           int type) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (offset_type != INDEX_32I || index_type != INDEX_32I || base != BASE_ZERO || type != R_32F) {
    return violation(NOT_SUPPORTED, "a CSR matrix of a kind that is not simulated");
  }
  Csr sparse = {rows, columns, connections, offsets, indices, values};
  if (rows <= 0 || columns <= 0 || connections <= 0 || sparse.check() != 0) return INVALID_VALUE;
  *made = sparse_matrices.make(sparse);
  return 0;
}

EXPORTED cusparseDestroySpMat(Csr *sparse) {
  ENTER_LIBRARY(CallKind::RELEASE);
  return sparse_matrices.destroy(sparse) ? 0 : violation(INVALID_VALUE, "a sparse matrix was destroyed twice");
}

EXPORTED cusparseSpMatSetValues(Csr *sparse, CUdeviceptr values) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!sparse_matrices.has(sparse)) return violation(INVALID_VALUE, "values for no sparse matrix");
  sparse->values = values;
  return 0;
}

EXPORTED cusparseCreateDnMat(Dense **made, int64_t rows, int64_t columns, int64_t leading, CUdeviceptr values, int type,
                             int order) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (type != R_32F || (order != ORDER_ROW && order != ORDER_COL)) {
    return violation(NOT_SUPPORTED, "a dense matrix of a kind that is not simulated");
  }
  Matrix matrix = {values, rows, columns, order == ORDER_ROW ? leading : 1, order == ORDER_ROW ? 1 : leading};
  if (rows <= 0 || columns <= 0 || leading < (order == ORDER_ROW ? columns : rows)) {
    return violation(INVALID_VALUE, "a dense matrix whose rows do not fit their distance");
  }
  if (matrix.check("a dense matrix for cuSPARSE") != 0) return INVALID_VALUE;
  *made = dense_matrices.make({matrix, order});
  return 0;
}

EXPORTED cusparseDestroyDnMat(Dense *dense) {
  ENTER_LIBRARY(CallKind::RELEASE);
  return dense_matrices.destroy(dense) ? 0 : violation(INVALID_VALUE, "a dense matrix was destroyed twice");
}

EXPORTED cusparseDnMatSetValues(Dense *dense, CUdeviceptr values) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!dense_matrices.has(dense)) return violation(INVALID_VALUE, "values for no dense matrix");
  dense->matrix.data = values;
  return 0;
}

EXPORTED cusparseSpMM_bufferSize(Handle *handle, int op_a, int op_b, const float *alpha, const Csr *w, const Dense *x,
                                 const float *beta, const Dense *z, int type, int algorithm, size_t *bytes) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!known(w, x, z, op_a, op_b, type) || algorithm != SPMM_CSR_ALG2) return NOT_SUPPORTED;
  *bytes = demand(*w, x->matrix.columns);
  return Spmm{*w, x->matrix, z->matrix, *alpha, *beta, 0}.check(handle);
}

EXPORTED cusparseSpMM(Handle *handle, int op_a, int op_b, const float *alpha, const Csr *w, const Dense *x,
                      const float *beta, const Dense *z, int type, int algorithm, CUdeviceptr buffer) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!known(w, x, z, op_a, op_b, type) || algorithm != SPMM_CSR_ALG2) return NOT_SUPPORTED;
  if (x->order != ORDER_ROW || z->order != ORDER_ROW) return violation(NOT_SUPPORTED, "SpMM of columns");
  Spmm product = {*w, x->matrix, z->matrix, *alpha, *beta, buffer};
  int status = product.check(handle);
  if (status == 0) status = check_workspace(*w, x->matrix.columns, buffer);
  return status != 0 ? status : done(cudasim::submit(handle->stream, [product] { return product.run(); }));
}

EXPORTED cusparseSDDMM_bufferSize(Handle *handle, int op_a, int op_b, const float *alpha, const Dense *dz,
                                  const Dense *x, const float *beta, const Csr *out, int type, int algorithm,
                                  size_t *bytes) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!known(out, dz, x, op_a, op_b, type) || algorithm != SDDMM_ALG_DEFAULT) return NOT_SUPPORTED;
  *bytes = demand(*out, dz->matrix.columns);
  return Sddmm{dz->matrix, x->matrix, *out, *alpha, *beta, 0, false}.check(handle);
}

// Notes the topology in the workspace, which must then be left alone.
EXPORTED cusparseSDDMM_preprocess(Handle *handle, int op_a, int op_b, const float *alpha, const Dense *dz,
                                  const Dense *x, const float *beta, Csr *out, int type, int algorithm,
                                  CUdeviceptr buffer) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!known(out, dz, x, op_a, op_b, type) || algorithm != SDDMM_ALG_DEFAULT) return NOT_SUPPORTED;
  int status = Sddmm{dz->matrix, x->matrix, *out, *alpha, *beta, buffer, false}.check(handle);
  if (status == 0) status = check_workspace(*out, dz->matrix.columns, buffer);
  if (status != 0) return status;
  if (cudasim::capturing(handle->stream)) return violation(INVALID_VALUE, "a preparation in a capture");
  out->active = buffer;
  out->active_terms = dz->matrix.columns;
  Csr sparse = *out;
  return done(cudasim::submit(handle->stream, [sparse, buffer] {
    if (sparse.check() != 0) return CUDA_ERROR_ILLEGAL_ADDRESS + 0;
    *reinterpret_cast<uint64_t *>(uintptr_t(buffer)) = sparse.fingerprint();
    return CUDA_SUCCESS + 0;
  }));
}

EXPORTED cusparseSDDMM(Handle *handle, int op_a, int op_b, const float *alpha, const Dense *dz, const Dense *x,
                       const float *beta, const Csr *out, int type, int algorithm, CUdeviceptr buffer) {
  ENTER_LIBRARY(CallKind::LIBRARY);
  if (!known(out, dz, x, op_a, op_b, type) || algorithm != SDDMM_ALG_DEFAULT) return NOT_SUPPORTED;
  if (dz->order != ORDER_ROW || x->order != ORDER_COL) return violation(NOT_SUPPORTED, "SDDMM of other orders");
  bool prepared = out->active == buffer;
  if (prepared && out->active_terms != dz->matrix.columns) {
    return violation(INVALID_VALUE, "SDDMM of another batch than was prepared");
  }
  Sddmm product = {dz->matrix, x->matrix, *out, *alpha, *beta, buffer, prepared};
  int status = product.check(handle);
  if (status == 0) status = check_workspace(*out, dz->matrix.columns, buffer);
  return status != 0 ? status : done(cudasim::submit(handle->stream, [product] { return product.run(); }));
}
