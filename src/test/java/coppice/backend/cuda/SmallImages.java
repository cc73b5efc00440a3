package coppice.backend.cuda;

import coppice.backend.Activation;
import coppice.backend.Backend;
import coppice.backend.Dropout;
import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Pooling;
import coppice.backend.Samples;
import coppice.backend.SparseTensor;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.backend.Update;
import coppice.backend.Window;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A convolutional network: dense filters with SReLU, dense filters with dropout, maxima, sparse filters with SReLU,
 * means with the hyperbolic tangent, and a dense layer.
 */
final class SmallImages implements SmallTraining {
    private static final int CLASSES = 3;
    private static final Window FIRST = Window.same(2, 6, 5, 3, 1);
    private static final Window SECOND = Window.valid(3, 6, 5, 2, 1);
    private static final Window MAXIMA = Window.valid(4, 5, 4, 2, 1);
    private static final Window THIRD = Window.same(4, 4, 3, 3, 2);
    private static final Window MEANS = Window.valid(5, 2, 2, 2, 2);

    private final Backend backend;
    private final Update.Kind kind;
    private final Random random = new Random(6);
    private final Parameter first;
    private final Parameter firstBias;
    private final Parameter second;
    private final Parameter secondBias;
    private final SparseTensor third;
    private final Parameter thirdBias;
    private final Parameter last;
    private final Parameter lastBias;
    private final Tensor x;
    private final Tensor offset;
    private final Tensor scale;
    private final Neurons one;
    private final Neurons two;
    private final Neurons maxima;
    private final Neurons three;
    private final Neurons means;
    private final Neurons outputs;
    private final Samples samples;

    SmallImages(Backend backend, Update.Kind kind) {
        this.backend = backend;
        this.kind = kind;
        first = parameter(3, FIRST.terms());
        firstBias = parameter(3, 1);
        second = parameter(4, SECOND.terms());
        secondBias = parameter(4, 1);
        CsrPattern pattern = pattern(2);
        third = backend.sparse(pattern, uniform(pattern.connections()), kind.stateBuffers());
        thirdBias = parameter(5, 1);
        last = parameter(CLASSES, 5);
        lastBias = parameter(CLASSES, 1);
        x = backend.activations(FIRST.inputs(), BATCH);
        offset = upload(1, FIRST.inputs());
        scale = upload(1, FIRST.inputs());
        one = neurons(3 * FIRST.positions(), Activation.Kind.SRELU, null);
        two = neurons(4 * SECOND.positions(), Activation.Kind.RELU, Dropout.of(0.3, 7, 21));
        maxima = neurons(4 * MAXIMA.positions(), Activation.Kind.IDENTITY, Dropout.of(0.25, 7, 22));
        three = neurons(5 * THIRD.positions(), Activation.Kind.SRELU, null);
        means = neurons(5 * MEANS.positions(), Activation.Kind.TANH, null);
        outputs = neurons(CLASSES, Activation.Kind.IDENTITY, null);
        samples = backend.samples(
                new DenseMatrix(SAMPLES, FIRST.inputs(), uniform(SAMPLES * FIRST.inputs())),
                random.ints(SAMPLES, 0, CLASSES).toArray());
        int[] order = new int[SAMPLES];
        Arrays.setAll(order, i -> (i * 5 + 2) % SAMPLES);
        backend.order(samples, order);
        backend.setTotals(Totals.ZERO);
    }

    /** Every filter has a connection in each column that is a multiple of {@code apart} away from its diagonal. */
    private static CsrPattern pattern(int apart) {
        int[] offsets = new int[6];
        int[] columns = new int[5 * THIRD.terms()];
        int count = 0;
        for (int row = 0; row < 5; row++) {
            for (int column = 0; column < THIRD.terms(); column++) {
                if ((row + column) % apart == 0) {
                    columns[count++] = column;
                }
            }
            offsets[row + 1] = count;
        }
        return new CsrPattern(5, THIRD.terms(), offsets, Arrays.copyOf(columns, count));
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

    private Neurons neurons(int count, Activation.Kind activation, @Nullable Dropout dropout) {
        return Neurons.of(
                backend,
                new Activation(activation, 0),
                backend.activations(count, BATCH),
                backend.activations(count, BATCH),
                activation == Activation.Kind.SRELU ? parameter(4, count) : null,
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

    @Override
    public void evaluate(int start) {
        Pass pass = new Pass(SmallTraining.batchAt(start), false, 0);
        backend.step(new Backend.Step(samples, pass, start, null), () -> forward(start, pass));
    }

    @Override
    public void evaluateDirectly(int start) {
        forward(start, new Pass(SmallTraining.batchAt(start), false, 0));
    }

    private void forward(int start, Pass pass) {
        backend.gather(samples, start, offset, scale, x, pass);
        backend.forward(FIRST, first.value(), firstBias.value(), x, one, pass);
        backend.forward(SECOND, second.value(), secondBias.value(), one.output(), two, pass);
        backend.pool(Pooling.MAX, MAXIMA, two.output(), maxima, pass);
        backend.forward(THIRD, third, thirdBias.value(), maxima.output(), three, pass);
        backend.pool(Pooling.AVERAGE, MEANS, three.output(), means, pass);
        backend.forward(last.value(), lastBias.value(), means.output(), outputs, pass);
        backend.loss(Loss.CROSS_ENTROPY, samples, start, outputs, pass);
    }

    private void train(int start, Pass pass, Update update) {
        forward(start, pass);
        backend.backward(last.value(), outputs.gradient(), means, pass);
        backend.unpool(Pooling.AVERAGE, MEANS, means.gradient(), three, pass);
        backend.backward(THIRD, third, three.gradient(), maxima, pass);
        backend.unpool(Pooling.MAX, MAXIMA, maxima.gradient(), two, pass);
        backend.backward(SECOND, second.value(), two.gradient(), one, pass);
        Backend.Updates updates = new Backend.Updates(update, update.withoutDecay());
        backend.update(last, lastBias, outputs.gradient(), means.output(), updates, pass);
        backend.update(THIRD, third, thirdBias, three.gradient(), maxima.output(), updates, pass);
        backend.update(SECOND, second, secondBias, two.gradient(), one.output(), updates, pass);
        backend.update(FIRST, first, firstBias, one.gradient(), x, updates, pass);
        for (Neurons srelu : List.of(one, three)) {
            Tensor gradient = Objects.requireNonNull(srelu.slopeGradient());
            backend.update(Objects.requireNonNull(srelu.slopes()), gradient, update.withoutDecay());
        }
    }

    @Override
    public void rewire() {
        CsrPattern pattern = pattern(3);
        int old = third.pattern().connections();
        int[] origin = new int[pattern.connections()];
        Arrays.setAll(origin, k -> k % 2 == 0 && k < old ? k : -1);
        backend.rewire(third, pattern, uniform(pattern.connections()), origin);
    }

    @Override
    public List<float[]> results() {
        Totals totals = backend.totals();
        List<float[]> all = new ArrayList<>();
        all.add(new float[] {(float) totals.loss(), totals.correct(), totals.samples()});
        all.add(backend.weights(third).clone());
        for (int buffer = 0; buffer < kind.stateBuffers(); buffer++) {
            all.add(backend.state(third, buffer).clone());
        }
        List<Parameter> parameters = List.of(
                first,
                firstBias,
                second,
                secondBias,
                thirdBias,
                last,
                lastBias,
                Objects.requireNonNull(one.slopes()),
                Objects.requireNonNull(three.slopes()));
        for (Parameter parameter : parameters) {
            all.add(backend.download(parameter.value()));
            parameter.state().forEach(state -> all.add(backend.download(state)));
        }
        return all;
    }
}
