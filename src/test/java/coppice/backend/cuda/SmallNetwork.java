package coppice.backend.cuda;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Dropout;
import coppice.backend.ImageMaps;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.data.Augmentation;
import coppice.data.ImageShape;
import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A network of a sparse layer with SReLU and dropout and a dense one, to be trained step by step on a backend. */
final class SmallNetwork implements SmallTraining {
    private static final int INPUTS = 9;
    private static final int HIDDEN = 11;
    private static final int OUTPUTS = 3;

    private final Backend backend;
    private final Update.Kind kind;
    private final Random random = new Random(5);
    private final SparseTensor first;
    private final Parameter firstBias;
    private final Parameter second;
    private final Parameter secondBias;
    private final Parameter slopes;
    private final Tensor x;
    private final Tensor offset;
    private final Tensor scale;
    private final Neurons hidden;
    private final Neurons outputs;
    private final Samples samples;

    SmallNetwork(Backend backend, Update.Kind kind) {
        this(backend, kind, 1);
    }

    /** With samples of bytes, floats or entries: storage 0, 1 or 2. */
    SmallNetwork(Backend backend, Update.Kind kind, int storage) {
        this.backend = backend;
        this.kind = kind;
        CsrPattern pattern = pattern(2);
        first = backend.sparse(pattern, uniform(pattern.connections()), kind.stateBuffers());
        firstBias = parameter(HIDDEN, 1);
        second = parameter(OUTPUTS, HIDDEN);
        secondBias = parameter(OUTPUTS, 1);
        slopes = parameter(4, HIDDEN);
        x = backend.activations(INPUTS, BATCH);
        offset = upload(1, INPUTS);
        scale = upload(1, INPUTS);
        hidden = neurons(HIDDEN, Activation.Kind.SRELU, slopes, Dropout.of(0.3, 7, 21));
        outputs = neurons(OUTPUTS, Activation.Kind.IDENTITY, null, null);
        samples = backend.samples(
                features(storage, uniform(SAMPLES * INPUTS)),
                random.ints(SAMPLES, 0, OUTPUTS).toArray());
        shuffle(5);
        backend.setTotals(Totals.ZERO);
    }

    /** Every row has a connection in each column that is a multiple of {@code apart} away from its diagonal. */
    private static CsrPattern pattern(int apart) {
        int[] offsets = new int[HIDDEN + 1];
        int[] columns = new int[HIDDEN * INPUTS];
        int count = 0;
        for (int row = 0; row < HIDDEN; row++) {
            for (int column = 0; column < INPUTS; column++) {
                if ((row + column) % apart == 0) {
                    columns[count++] = column;
                }
            }
            offsets[row + 1] = count;
        }
        return new CsrPattern(HIDDEN, INPUTS, offsets, Arrays.copyOf(columns, count));
    }

    /** Samples in one of three forms; as entries, every third sample is empty. */
    private static Matrix features(int storage, float[] values) {
        if (storage == 1) {
            return new DenseMatrix(SAMPLES, INPUTS, values);
        }
        byte[] bytes = new byte[values.length];
        float[] kept = new float[values.length];
        int[] columns = new int[values.length];
        int[] offsets = new int[SAMPLES + 1];
        int count = 0;
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] * 127);
            if (i / INPUTS % 3 != 0 && values[i] > 0) {
                columns[count] = i % INPUTS;
                kept[count++] = values[i];
            }
            offsets[i / INPUTS + 1] = count;
        }
        CsrPattern pattern = new CsrPattern(SAMPLES, INPUTS, offsets, Arrays.copyOf(columns, count));
        return storage == 0
                ? new ByteMatrix(SAMPLES, INPUTS, bytes)
                : new CsrMatrix(pattern, Arrays.copyOf(kept, count));
    }

    /** Another order of the samples for each number that 13 does not divide. */
    void shuffle(int apart) {
        backend.order(samples, order(apart));
    }

    /** The same of samples that are images of 3 x 3, changed otherwise for each number. */
    void shuffleImages(int apart) {
        float[] maps = Augmentation.parse("rotate:90,shift:0.4,flip").maps(new ImageShape(1, 3, 3), SAMPLES, 1, apart);
        backend.order(samples, order(apart), new ImageMaps(1, 3, 3, true, maps));
    }

    private static int[] order(int apart) {
        int[] order = new int[SAMPLES];
        Arrays.setAll(order, i -> (i * apart + 2) % SAMPLES);
        return order;
    }

    /** Where the samples are. */
    String placement() {
        return String.valueOf(samples.placement());
    }

    private float[] uniform(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }

    private Tensor upload(int rows, int columns) {
        Tensor tensor = backend.tensor(rows, columns);
        backend.upload(tensor, uniform(rows * columns));
        return tensor;
    }

    private Parameter parameter(int rows, int columns) {
        Tensor value = upload(rows, columns);
        List<Tensor> state = new ArrayList<>();
        for (int buffer = 0; buffer < kind.stateBuffers(); buffer++) {
            state.add(backend.tensor(rows, columns));
        }
        return new Parameter(value, state);
    }

    private Neurons neurons(
            int count, Activation.Kind activation, @Nullable Parameter parameters, @Nullable Dropout dropout) {
        return Neurons.of(
                backend,
                new Activation(activation, 0),
                backend.activations(count, BATCH),
                backend.activations(count, BATCH),
                parameters,
                dropout);
    }

    @Override
    public void step(int start, int step) {
        Pass pass = new Pass(SmallTraining.batchAt(start), true, step);
        Update update = SmallTraining.update(kind, step);
        backend.step(new Backend.Step(this, pass, start, update), () -> train(start, pass, update));
    }

    @Override
    public void stepDirectly(int start, int step) {
        train(start, new Pass(SmallTraining.batchAt(start), true, step), SmallTraining.update(kind, step));
    }

    private void train(int start, Pass pass, Update update) {
        forward(start, pass);
        Backend.Updates updates = new Backend.Updates(update, update.withoutDecay());
        backend.backward(second.value(), outputs.gradient(), hidden, pass);
        backend.update(second, secondBias, outputs.gradient(), hidden.output(), updates, pass);
        backend.update(slopes, Objects.requireNonNull(hidden.slopeGradient()), update.withoutDecay());
        backend.update(first, firstBias, hidden.gradient(), x, updates, pass);
    }

    private void forward(int start, Pass pass) {
        backend.gather(samples, start, offset, scale, x, pass);
        backend.forward(first, firstBias.value(), x, hidden, pass);
        backend.forward(second.value(), secondBias.value(), hidden.output(), outputs, pass);
        backend.loss(Loss.CROSS_ENTROPY, samples, start, outputs, pass);
    }

    @Override
    public void evaluate(int start) {
        Pass pass = new Pass(SmallTraining.batchAt(start), false, 0);
        backend.step(new Backend.Step(samples, pass, start, null), () -> forward(start, pass));
    }

    @Override
    public void evaluateDirectly(int start) {
        forward(start, new Pass(SmallTraining.batchAt(start), false, 0));
    }

    @Override
    public void rewire() {
        CsrPattern pattern = pattern(3);
        int old = first.pattern().connections();
        int[] origin = new int[pattern.connections()];
        Arrays.setAll(origin, k -> k % 2 == 0 && k < old ? k : -1);
        backend.rewire(first, pattern, uniform(pattern.connections()), origin);
    }

    @Override
    public List<float[]> results() {
        Totals totals = backend.totals();
        List<float[]> all = new ArrayList<>();
        all.add(new float[] {(float) totals.loss(), totals.correct(), totals.samples()});
        all.add(backend.weights(first).clone());
        for (int buffer = 0; buffer < kind.stateBuffers(); buffer++) {
            all.add(backend.state(first, buffer).clone());
        }
        for (Parameter parameter : List.of(firstBias, second, secondBias, slopes)) {
            all.add(backend.download(parameter.value()));
            parameter.state().forEach(state -> all.add(backend.download(state)));
        }
        return all;
    }
}
