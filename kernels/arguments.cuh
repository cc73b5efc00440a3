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

// One that starts in blocks of 1024 threads, so that the compiler leaves each a 1024th of the registers.
#ifdef CUDASIM
#define KERNEL_OF_1024(name, Arguments) KERNEL(name, Arguments)
#else
#define KERNEL_OF_1024(name, Arguments) \
  extern "C" __global__ void __launch_bounds__(1024) name(const Arguments arguments)
#endif

// Kinds, as the ordinals of the Java enums.
enum ActivationKind { IDENTITY, RELU, LEAKY, SRELU, TANH, SIGMOID };
enum UpdateKind { SGD, NESTEROV, ADAM };
enum LossKind { CROSS_ENTROPY, MSE, MSE_REFERENCE, SQUARED_ERROR };
enum PoolingKind { MAX, AVERAGE };

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
  const float *bias;  // (rows / rows_each)
  int rows;
  int stride;
  int batch;
  int rows_each;  // that share a bias
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
  const int *labels;      // of all samples; SQUARED_ERROR: the bits of floats
  const int *order;
  const float *weights;   // of the classes, or null for 1; not with SQUARED_ERROR
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

// A square window that moves over images (backend/Window.java). Pixel (channel, y, x) of an image is row
// (channel * height + y) * width + x of a tensor; outputs are images of (out_height, out_width) positions.
struct WindowArguments {
  int channels;
  int height;
  int width;
  int kernel;
  int stride;
  int top;
  int left;
  int out_height;
  int out_width;
};

// Forward: images of filters from images of channels. Backward: images of channels from images of filters.
struct Convolve {
  const float *weights;      // turned: (terms, rows)
  const float *bias;         // (filters); null in backward
  const float *source;       // forward: x; backward: dz
  NeuronsArguments neurons;  // forward: the outputs; backward: the neurons below, which receive the gradient
  WindowArguments window;
  int rows;       // images made: forward filters, backward channels
  int terms;      // of each sum
  int source_stride;
  int groups;     // of 32 columns, that a warp takes, four at most
  int row_tiles;  // of 16 images, that a block has: 1 or 2
};

struct SparseConvolve {
  const int *order;        // forward: the filters, longest first; backward: null
  const int *offsets;      // forward: of rows; backward: of columns
  const int *row_indices;  // backward: connections by column, rows ascending, and where each lies in CSR order
  const int *value_indices;
  const int *column_indices;  // in CSR order
  const float *values;
  const float *bias;
  const float *source;
  NeuronsArguments neurons;
  WindowArguments window;
  int rows;
  int source_stride;
  int zero;  // fills up 8 bytes
};

struct TurnFilters {
  const float *from;  // weight (row, other, place) at row * row_step + other * other_step + place
  float *to;          // (places, others, rows)
  int rows;
  int others;
  int row_step;
  int other_step;
  int kernel;
  int zero;  // fills up 8 bytes
};

struct FilterGradient {
  const int *order;        // of sparse filters, longest first; else null
  const int *row_offsets;  // the same
  const int *column_indices;
  const float *dz;  // (filters * positions, batch)
  const float *x;   // (channels * height * width, batch)
  float *lanes;     // (blocks, weights, 32), for blocks that are summed apart; else null
  float *gradient;  // one number a weight
  WindowArguments window;
  int filters;
  int weights;
  int stripe;  // rows of positions
  int dz_stride;
  int x_stride;
  int batch;
  int parts;  // that a row's connections are cut into
};

struct FoldBlocks {
  const float *lanes;  // (blocks, weights, 32)
  float *gradient;     // (weights)
  int weights;
  int blocks;
};

struct UpdateFilterBias {
  float *bias;  // (filters)
  float *state0;
  float *state1;
  const float *dz;  // (filters * positions, batch)
  const StepState *step;
  UpdateArguments update;
  int filters;
  int positions;
  int stripe;  // positions in it
  int dz_stride;
  int batch;
  int zero;  // fills up 8 bytes
};

struct Pool {
  const float *x;            // (channels * height * width, batch)
  NeuronsArguments neurons;  // (channels * positions, batch)
  WindowArguments window;
  int kind;      // PoolingKind
  float factor;  // one over the pixels of a position
  int x_stride;
};

struct Unpool {
  const float *dz;         // (channels * positions, batch)
  NeuronsArguments below;  // (channels * height * width, batch); their outputs are what was pooled
  WindowArguments window;
  int kind;
  float factor;
  int dz_stride;
};

// Beside cuBLAS: pixels that positions cover, as a matrix (terms, positions * width).
struct Patches {
  const float *x;   // images, (channels * height * width, batch)
  float *patches;
  WindowArguments window;
  int first;        // position
  int count;        // of positions
  int width;        // columns of each position, at least the batch
  int x_stride;
  int batch;
};

struct AddPatches {
  const float *patches;
  float *dx;        // images, (channels * height * width, batch)
  WindowArguments window;
  int first;
  int count;
  int width;
  int dx_stride;
  int batch;
};
