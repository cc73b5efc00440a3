package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Parameter;
import coppice.backend.Pass;
import coppice.backend.Sums;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.random.Philox;
import coppice.random.Stream;
import java.util.ArrayList;
import java.util.List;

/** Takes a {@link SelftestCase} through a backend's operations for stochastic units. */
final class SelftestUnits {
    private static final int STEP = 9;

    private final Backend backend;
    private final SelftestCase shape;
    private final Pass pass;
    private final List<SelftestRun.Result> results = new ArrayList<>();

    private SelftestUnits(Backend backend, SelftestCase shape) {
        this.backend = backend;
        this.shape = shape;
        this.pass = new Pass(shape.batch(), true, STEP);
    }

    /** All results, in the order of the operations. */
    static List<SelftestRun.Result> of(Backend backend, SelftestCase shape) {
        SelftestUnits units = new SelftestUnits(backend, shape);
        units.run();
        return units.results;
    }

    private void run() {
        Tensor bias = column(shape.hidden(), 41);
        Tensor base = column(shape.hidden(), 42);
        int purpose = Philox.purposeWord(Stream.SAMPLE, 1);
        Tensor p = activations(shape.hidden(), 43);
        Tensor states = activations(shape.hidden(), 44);
        backend.sample(new Bernoulli(true, bias, base, 0.75f, 5, purpose), p, states, pass);
        keep("sample", "probabilities", p, shape.batch());
        keep("sample", "states", states, shape.batch());

        Tensor both = backend.activations(shape.hidden(), 2 * shape.batch());
        backend.join(new Joined(p, shape.batch(), 0.5f, states, shape.batch(), -0.25f, both));
        keep("join", "columns", both, 2 * shape.batch());

        backend.setTotals(Totals.ZERO);
        backend.squaredError(p, states, pass);
        double loss = backend.totals().loss();
        results.add(new SelftestRun.Result("squared error", "sum", halves(new double[] {loss})));

        Parameter learned = new Parameter(
                column(shape.hidden(), 45),
                List.of(backend.tensor(shape.hidden(), 1), backend.tensor(shape.hidden(), 1)));
        backend.updateBias(learned, p, shape.update(), pass);
        results.add(new SelftestRun.Result("update bias", "biases", backend.download(learned.value())));

        Sums sums = backend.sums(shape.batch());
        backend.anneal(p, activations(shape.inputs(), 46), column(shape.inputs(), 47), 0.25f, 0.5f, sums, pass);
        results.add(new SelftestRun.Result("anneal", "sums", halves(backend.download(sums))));
    }

    private Tensor column(int rows, int seed) {
        Tensor tensor = backend.tensor(rows, 1);
        backend.upload(tensor, shape.vector(rows, seed));
        return tensor;
    }

    private Tensor activations(int rows, int seed) {
        Tensor tensor = backend.activations(rows, shape.batch());
        backend.upload(tensor, shape.vector(rows * shape.batch(), seed));
        return tensor;
    }

    private void keep(String operation, String what, Tensor tensor, int columns) {
        float[] all = backend.download(tensor);
        float[] used = new float[tensor.rows() * columns];
        for (int row = 0; row < tensor.rows(); row++) {
            System.arraycopy(all, row * tensor.columns(), used, row * columns, columns);
        }
        results.add(new SelftestRun.Result(operation, what, used));
    }

    /** Doubles as the nearest floats and what is left of them, also as floats. */
    private static float[] halves(double[] values) {
        float[] halves = new float[2 * values.length];
        for (int i = 0; i < values.length; i++) {
            halves[2 * i] = (float) values[i];
            halves[2 * i + 1] = (float) (values[i] - halves[2 * i]);
        }
        return halves;
    }
}
