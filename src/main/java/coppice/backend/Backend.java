package coppice.backend;

import coppice.matrix.CsrPattern;
import coppice.matrix.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * The operations of training on one device.
 *
 * <p>Shapes are given as (rows, columns). Only the first {@link Pass#batch} columns of activations count. Tensors
 * belong to the backend that made them and live until it is closed. One thread at a time may use a backend.
 *
 * <p>Orders of summation, the contract of the EXACT tier. <i>Sequential</i>: one accumulator, terms in order by fma.
 * <i>Lanes</i>: lane l of 32 starts at zero and takes batch columns l, l + 32, ... in order by fma; then the lanes are
 * folded, lane l taking the sum of lanes l and l + 16, then l + 8, 4, 2, 1.
 */
public interface Backend extends AutoCloseable {
    /** Name for the command line: {@code cpu} or {@code cuda}. */
    String name();

    /** The device and how it is used, one line. */
    String description();

    // ---- memory ----

    /** A tensor of zeros for (neurons, batch); rows may be padded. */
    Tensor activations(int neurons, int batch);

    /** A tensor of zeros for a weight matrix or vector. */
    Tensor tensor(int rows, int columns);

    /** Bits for dropout, all clear. */
    Neurons.Bits bits(int rows, int columns);

    /**
     * A sparse weight matrix with its state buffers at zero.
     *
     * @param values one weight a connection, in CSR order; adopted
     * @param stateBuffers number of state buffers a connection
     */
    SparseTensor sparse(CsrPattern pattern, float[] values, int stateBuffers);

    /** Writes {@code values}, row-major without padding, into a tensor. */
    void upload(Tensor tensor, float[] values);

    /** The values of a tensor, row-major without padding. */
    float[] download(Tensor tensor);

    /** Says that {@link #weights} will be asked of a tensor that does not change before; a backend may begin then. */
    default void expectWeights(SparseTensor tensor) {}

    /** The weights in CSR order; may be the backend's own array and must not be written to. */
    float[] weights(SparseTensor tensor);

    /** A state buffer in CSR order; may be the backend's own array and must not be written to. */
    float[] state(SparseTensor tensor, int buffer);

    /** Replaces a state buffer; {@code values} is adopted. */
    void setState(SparseTensor tensor, int buffer, float[] values);

    /**
     * Gives a weight matrix a new topology.
     *
     * @param pattern the new topology, of the same shape
     * @param values the new weights; adopted
     * @param origin for each connection its index in the old topology, whose state it keeps, or -1 for state zero
     */
    void rewire(SparseTensor tensor, CsrPattern pattern, float[] values, int[] origin);

    // ---- data ----

    /** A data set on the device: samples as rows, a class index each. */
    default Samples samples(Matrix features, int[] labels) {
        return samples(features, labels, null);
    }

    /**
     * A data set on the device whose samples count more or less in the loss.
     *
     * @param labels a class index a sample, or what else the loss compares outputs with
     * @param classWeights what the loss of a sample of each class is multiplied by, and its derivative; null for 1
     */
    Samples samples(Matrix features, int[] labels, float @Nullable [] classWeights);

    /** Sets the order in which {@link #gather} takes samples, each as it is; {@code order} is copied. */
    default void order(Samples samples, int[] order) {
        order(samples, order, null);
    }

    /**
     * Sets the order in which {@link #gather} takes samples, and how it changes them.
     *
     * <p>Recordings of steps end if images were not mapped before, or are not any more.
     *
     * @param order copied
     * @param maps for dense samples that are images, adopted; null to take samples as they are
     */
    void order(Samples samples, int[] order, @Nullable ImageMaps maps);

    /**
     * Takes a batch: x = (value - offset) * scale, transposed to (features, batch).
     *
     * <p>The value of a mapped image at column x and row y: u = fma(a, x, fma(b, y, c) + 1), held between 1 and the
     * width, or between 0 and the width + 1 where pixels outside are 0; i is its whole part and s = u - i. So are v, j
     * and t from d, e, f and the height. With p(j, i) the pixel in row j - 1 and column i - 1, upper = fma(s, p(j, i +
     * 1) - p(j, i), p(j, i)), lower is the same of row j + 1, and the value is fma(t, lower - upper, upper).
     *
     * @param start place of the batch's first sample in the order
     * @param offset (1, features)
     * @param scale (1, features)
     * @param x receives the batch, (features, batch)
     */
    void gather(Samples samples, int start, Tensor offset, Tensor scale, Tensor x, Pass pass);

    // ---- layers ----

    /**
     * Sparse layer forward: z = W x + b, a = dropout(f(z)).
     *
     * <p>Each z is sequential over the row's connections in CSR order, starting from the bias.
     *
     * @param bias (outputs, 1)
     * @param x (inputs, batch)
     */
    void forward(SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass);

    /** Dense layer forward, as the sparse one; each z is sequential over inputs 0, 1, ... */
    void forward(Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass);

    /**
     * Sparse layer backward: dx = W^T dz, then through the activation of the layer below into its gradient.
     *
     * <p>Each dx is sequential over the column's connections from row 0 on. The gradient of SReLU's parameters is
     * summed by lanes. With s the dropout scale (0 where dropped), below.gradient = (dx * s) * f'(z).
     *
     * @param dz (outputs, batch)
     * @param below the neurons that fed this layer
     */
    void backward(SparseTensor weights, Tensor dz, Neurons below, Pass pass);

    /** Dense layer backward, as the sparse one; each dx is sequential over outputs 0, 1, ... */
    void backward(Tensor weights, Tensor dz, Neurons below, Pass pass);

    /**
     * Learns a sparse layer: dW at the connections, summed by lanes, and the bias gradient, summed by lanes; each is
     * used at once and not kept.
     *
     * @param x (inputs, batch)
     */
    void update(SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass);

    /**
     * Learns a sparse layer from two batches of gradients and of inputs, side by side, which this joins.
     *
     * @param pass as many columns as both batches have
     */
    default void update(SparseTensor weights, Parameter bias, Joined dz, Joined x, Updates updates, Pass pass) {
        join(dz);
        join(x);
        update(weights, bias, dz.out(), x.out(), updates, pass);
    }

    /** Learns a dense layer: as the sparse one, but each dW is sequential over batch columns 0, 1, ... */
    void update(Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass);

    /** Learns from a gradient already summed up, element by element. */
    void update(Parameter parameter, Tensor gradient, Update update);

    /**
     * The steps of a layer's parameters.
     *
     * @param weights for the weights
     * @param bias for the biases
     */
    record Updates(Update weights, Update bias) {}

    /**
     * The weight gradient alone, summed by lanes: out[k] = sum over b of dz[row(k), b] * x[column(k), b].
     *
     * @param out (1, connections)
     */
    void sddmm(SparseTensor pattern, Tensor dz, Tensor x, Tensor out, Pass pass);

    // ---- convolutions ----

    /**
     * Convolution forward: z = W x + b at every position, a = dropout(f(z)).
     *
     * <p>Weights are (filters, {@link Window#terms}), the term (channel, ky, kx) in column (channel * kernel + ky) *
     * kernel + kx; outputs are (filters * positions, batch), one image a filter. Each z is sequential over (kx, ky,
     * channel), the channel running fastest, starting from the bias; terms outside the image are left out.
     *
     * @param bias (filters, 1)
     * @param x images, (channels * height * width, batch)
     */
    void forward(Window window, Tensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass);

    /**
     * Convolution with sparse filters forward, as the dense one, but each z is sequential over the row's connections in
     * CSR order.
     */
    void forward(Window window, SparseTensor weights, Tensor bias, Tensor x, Neurons outputs, Pass pass);

    /**
     * Convolution backward: dx = W^T dz at every pixel, then through the activation of the layer below.
     *
     * <p>Each dx is sequential over (kx, ky, filter), the filter running fastest; positions that do not exist are left
     * out.
     *
     * @param dz (filters * positions, batch)
     * @param below the neurons that fed this layer
     */
    void backward(Window window, Tensor weights, Tensor dz, Neurons below, Pass pass);

    /**
     * Convolution with sparse filters backward, as the dense one, but each dx is sequential over the connections of the
     * pixel's channel column by column, that is over (ky, kx, filter).
     */
    void backward(Window window, SparseTensor weights, Tensor dz, Neurons below, Pass pass);

    /**
     * Learns filters and their biases; each gradient is used at once and not kept.
     *
     * <p>Each dW is summed by lanes within blocks of 32 batch columns by a stripe of {@link Window#stripe} rows of
     * positions: lane l takes, of the block's column l, the positions row by row, from zero on by fma; positions whose
     * pixel lies outside the image are left out. The blocks' lanes are added to lanes that start at zero, those of the
     * first 32 columns from top to bottom, then of the next 32, and then folded. The bias gradient is summed likewise,
     * over all positions.
     *
     * @param weights (filters, terms)
     * @param bias (filters, 1)
     * @param dz (filters * positions, batch)
     * @param x images, (channels * height * width, batch)
     */
    void update(Window window, Parameter weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass);

    /** Learns sparse filters, as dense ones at the connections there are. */
    void update(Window window, SparseTensor weights, Parameter bias, Tensor dz, Tensor x, Updates updates, Pass pass);

    /**
     * Pooling forward: z of each channel at every position, a = dropout(f(z)).
     *
     * <p>The greatest is the first pixel, row by row, until another one is above it. A mean is the sum over the pixels,
     * row by row, from zero on, times 1 / (kernel * kernel) rounded to a float.
     *
     * @param window without pixels outside the image
     * @param x images, (channels * height * width, batch)
     * @param outputs (channels * positions, batch)
     */
    void pool(Pooling pooling, Window window, Tensor x, Neurons outputs, Pass pass);

    /**
     * Pooling backward: dx at every pixel, then through the activation of the layer below.
     *
     * <p>Each dx starts at zero and takes the positions that cover the pixel, row by row: of a maximum dz is added
     * where the pixel was the greatest, of a mean dz times the factor by fma.
     *
     * @param dz (channels * positions, batch)
     * @param below the neurons that fed this layer, whose outputs are the images that were pooled
     */
    void unpool(Pooling pooling, Window window, Tensor dz, Neurons below, Pass pass);

    // ---- stochastic units ----

    /**
     * Replaces z by the probabilities of units with two states, and draws their states.
     *
     * @param z (units, batch)
     * @param states receives the states, (units, batch); null to draw none
     */
    void sample(Bernoulli units, Tensor z, @Nullable Tensor states, Pass pass);

    /** Puts two batches side by side. */
    void join(Joined joined);

    /** Learns a bias from its neurons' gradient, summed by lanes. */
    void updateBias(Parameter bias, Tensor dz, Update update, Pass pass);

    /** As {@link #updateBias(Parameter, Tensor, Update, Pass)}, of two batches side by side, which this joins. */
    default void updateBias(Parameter bias, Joined dz, Update update, Pass pass) {
        join(dz);
        updateBias(bias, dz.out(), update, pass);
    }

    /**
     * Adds to the totals' loss each sample's mean of (output - target)^2 over the rows, and the samples.
     *
     * <p>Each row is summed by lanes over the batch, each term by fma; the rows in double precision by lanes, and that
     * divided by their number.
     */
    void squaredError(Tensor target, Tensor output, Pass pass);

    /** A sum of zero for each column of a batch. */
    Sums sums(int columns);

    /** The values of sums, one a column. */
    double[] download(Sums sums);

    /**
     * Adds to each column's sum what the log-probability of v under a restricted Boltzmann machine gains when its
     * inverse temperature rises: the sum over hidden units of softplus(to * z) - softplus(from * z), plus (to - from)
     * times the sum over visible units of difference * v.
     *
     * <p>softplus(x) = (x above 0 ? x : 0) + log(1 + exp(-|x|)) in float; both sums in double precision by lanes over
     * the rows, the second one's terms by fma.
     *
     * @param z hidden units' input at inverse temperature 1, (hidden, batch)
     * @param v (visible, batch)
     * @param difference (visible, 1)
     */
    void anneal(Tensor z, Tensor v, Tensor difference, float from, float to, Sums sums, Pass pass);

    // ---- steps ----

    /**
     * Makes a pass over one batch, which the backend may record and replay without calling {@code operations} again.
     *
     * <p>Recordings end with {@link #rewire}.
     *
     * @param operations calls this backend's operations with what {@code step} says, and nothing else that matters
     */
    default void step(Step step, Runnable operations) {
        operations.run();
    }

    /**
     * A pass over one batch.
     *
     * @param operations stands for the operations called and the tensors they work on: equal for equal sequences
     * @param pass the batch
     * @param start place of its first sample in the order
     * @param update how it learns; null if it does not
     */
    record Step(
            Object operations,
            Pass pass,
            int start,
            @Nullable Update update) {}

    // ---- loss ----

    /**
     * Turns outputs into probabilities or scores, in the outputs' gradient tensor: softmax (sums sequential over the
     * classes), the logistic function, or for {@link Loss#SQUARED_ERROR} the outputs themselves.
     */
    void probabilities(Loss loss, Neurons outputs, Pass pass);

    /**
     * Compares outputs with the labels of the batch that starts at {@code start} of the order: adds to the totals, and
     * in training leaves the derivative of the batch's mean loss in the outputs' gradient tensor.
     *
     * <p>A sample's loss is sequential over the classes, then multiplied by its class's weight; so is 1 / batch, by
     * which the derivative is multiplied: the mean is over the samples, not over their weights. The batch's loss is
     * summed by lanes and added to the total in double precision. The class of the greatest output wins, the lowest
     * index among equals.
     */
    void loss(Loss loss, Samples samples, int start, Neurons outputs, Pass pass);

    /** What has been added up; waits for the device. */
    Totals totals();

    /** Starts the totals anew, from a given state. */
    void setTotals(Totals totals);

    @Override
    void close();
}
