// What Coppice's kernels are given: one struct a kernel, passed by value.
//
// The host (backend/cuda/Arguments.java) writes the same fields in the same order: pointers and 64-bit numbers first,
// then 32-bit ones, so that there is no padding. Matrices are row-major; activations are (neurons, batch) with a stride
// that is a multiple of 32, or of 4 for batches under 32. What changes from step to step is in device memory (StepState),
// so that a captured step can be replayed.
#pragma once

#ifdef CUDASIM
#include "cudasim.h"
#define KERNEL(name, Arguments)            \
  extern "C" void name(const Arguments);   \
  CUDASIM_KERNEL(name)                     \
  extern "C" void name(const Arguments arguments)
#else
#define KERNEL(name, Arguments) extern "C" __global__ void name(const Arguments arguments)
#endif

// Kinds, as the ordinals of the Java enums.
enum ActivationKind { IDENTITY, RELU, LEAKY, SRELU, TANH, SIGMOID };
enum UpdateKind { SGD, NESTEROV, ADAM };
enum LossKind { CROSS_ENTROPY, MSE, MSE_REFERENCE };

// Written by the host before each step.
struct StepState {
  int start;                // place of the batch's first sample in the order
  int step;                 // updates before this one; names the random numbers of the step
  float rate;               // learning rate; for ADAM over 1 - beta1^t
  float second_correction;  // ADAM: 1 / (1 - beta2^t)
};

// Added up on the device, read once an epoch.
struct TotalsState {
  double loss;
  long long correct;
  long long samples;
};

// The neurons of a layer (backend/Neurons.java).
struct NeuronsArguments {
  float *z;                  // (neurons, batch); the same as a for a function that works in place
  float *a;                  // (neurons, batch)
  float *gradient;           // dz, (neurons, batch)
  unsigned *positive;        // signs of z, a word for 32 columns, (neurons, words); null if not noted
  unsigned *dropped;         // (neurons, words); null for no dropout
  const float *slopes;       // SReLU: (4, neurons); null for other functions
  float *slope_gradient;     // SReLU: (4, neurons)
  const StepState *step;     // for dropout
  unsigned long long seed;   // for dropout, the Philox key
  int kind;                  // ActivationKind
  float slope;               // LEAKY
  int neurons;
  int stride;                // of z, a and gradient
  int words;                 // words a neuron in positive and dropped
  unsigned purpose_word;     // for dropout, the fourth counter word
  int threshold;             // dropout rate times 65,536
  float scale;               // what kept outputs are multiplied by
  int batch;
  int training;              // whether dropout acts and signs are noted
};

// One optimizer step (backend/Update.java); the rest is in StepState.
struct UpdateArguments {
  int kind;  // UpdateKind
  float momentum;
  float decay;
  int unscaled_decay;
  float beta2;
  float epsilon;
};

struct SparseForward {
  const int *order;  // the rows, longest first
  const int *row_offsets;
  const int *column_indices;
  const float *values;
  const float *bias;  // (rows)
  const float *x;     // (inputs, batch)
  NeuronsArguments neurons;
  int rows;
  int x_stride;
  int groups;  // of 32 columns, that a warp takes
  int zero;    // fills up 8 bytes
};

struct SparseBackward {
  const int *order;           // the columns, longest first
  const int *column_offsets;  // the transpose: connections by column, rows ascending
  const int *row_indices;
  const int *value_indices;   // where each lies in CSR order
  const float *values;
  const float *dz;            // (outputs, batch)
  NeuronsArguments below;     // receives the gradient
  int columns;
  int dz_stride;
  int groups;  // of 32 batch columns, that a warp takes
  int zero;
};

struct Sddmm {
  const int *order;  // the rows, longest first
  const int *row_offsets;
  const int *column_indices;
  const float *dz;  // (outputs, batch)
  const float *x;   // (inputs, batch)
  float *out;       // one number a connection
  int rows;
  int dz_stride;
  int x_stride;
  int batch;
};

struct SparseUpdate {
  const int *order;  // the rows, longest first
  const int *row_offsets;
  const int *column_indices;
  float *values;
  float *state0;  // velocity, or the first moment
  float *state1;  // ADAM's second moment, else null
  float *bias;
  float *bias_state0;
  float *bias_state1;
  const float *dz;
  const float *x;
  const StepState *step;
  UpdateArguments weights;
  UpdateArguments biases;
  int rows;
  int dz_stride;
  int x_stride;
  int batch;
};

// c(i, j) = row_start[i], or 0 without one, then fma over the terms in order.
struct DenseMultiply {
  const float *a;          // element (i, p) at i * a_row_step + p * a_term_step
  const float *b;          // element (p, j) at p * b_term_step + j * b_column_step
  float *c;                // element (i, j) at i * c_row_step + j
  const float *row_start;  // (rows), or null
  int rows;
  int columns;
  int terms;
  int a_row_step;
  int a_term_step;
  int b_term_step;
  int b_column_step;
  int c_row_step;
};

struct UpdateArray {
  float *values;
  float *state0;
  float *state1;
  const float *gradient;
  const StepState *step;
  UpdateArguments update;
  int count;
  int zero;  // fills up 8 bytes
};

struct CarryState {
  const float *from;  // state of the old topology, in its CSR order
  const int *origin;  // (count): place in the old topology, or -1
  float *to;          // (count)
  int count;
  int zero;  // fills up 8 bytes
};

struct UpdateBias {
  float *bias;
  float *state0;
  float *state1;
  const float *dz;  // (rows, batch)
  const StepState *step;
  UpdateArguments update;
  int rows;
  int stride;
  int batch;
  int zero;
};

// Beside the products of NVIDIA's libraries.
struct StartWithBias {
  float *z;           // (rows, batch)
  const float *bias;  // (rows)
  int rows;
  int stride;
  int batch;
  int zero;  // fills up 8 bytes
};

struct Permute {
  const float *from;
  const int *indices;  // (count)
  float *to;           // (count)
  int count;
  int zero;
};

struct LossArguments {
  const float *z;         // outputs, (classes, batch)
  float *p;               // probabilities, then the derivative, (classes, batch)
  const int *labels;      // of all samples
  const int *order;
  float *losses;          // (batch)
  int *correct;           // (batch), 0 or 1
  unsigned *blocks_done;  // of a launch, 0 between launches
  TotalsState *totals;
  const StepState *step;
  int classes;
  int stride;
  int batch;
  int kind;      // LossKind
  int training;  // whether the derivative is wanted
  int zero;
};

struct Gather {
  const void *features;        // (samples, features): bytes or floats
  const int *row_offsets;      // of sparse samples: CSR; else null
  const int *column_indices;
  const float *values;
  const int *order;
  const float *offset;         // (features)
  const float *scale;          // (features)
  float *x;                    // (features, batch)
  const StepState *step;
  int feature_count;
  int stride;
  int batch;
  int zero;
};

// Dense samples that are mapped images (backend/ImageMaps.java).
struct GatherImages {
  Gather batch;
  const float *maps;        // a, b, c, d, e, f for each place of the order
  const StepState *places;  // where the batch begins among all places, also where features are sent batch by batch
  int height;
  int width;
  int nearest;              // whether points outside have the value of the nearest one; if not, pixels outside are 0
  int zero;                 // fills up 8 bytes
};

// Units with two states (backend/Bernoulli.java).
struct SampleUnits {
  float *z;           // (units, batch); replaced by the probabilities
  float *states;      // (units, batch), or null
  const float *bias;  // (units), or null
  const float *base;  // (units), or null
  const StepState *step;
  unsigned long long seed;
  int units;
  int z_stride;
  int states_stride;
  int batch;
  unsigned purpose_word;
  float scale;
  int logistic;
  int zero;
};

// out = [a_factor * a, b_factor * b], side by side.
struct Join {
  const float *a;
  const float *b;
  float *out;
  int rows;
  int a_stride;
  int b_stride;
  int out_stride;
  int a_count;
  int b_count;
  float a_factor;
  float b_factor;
};

struct SquaredError {
  const float *target;  // (rows, batch)
  const float *output;  // (rows, batch)
  TotalsState *totals;
  int rows;
  int target_stride;
  int output_stride;
  int batch;
};

struct Anneal {
  const float *z;           // (hidden, batch)
  const float *v;           // (visible, batch)
  const float *difference;  // (visible)
  double *sums;             // (batch)
  int hidden;
  int visible;
  int z_stride;
  int v_stride;
  int batch;
  float low;   // inverse temperature before
  float high;  // and after
  int zero;
};
