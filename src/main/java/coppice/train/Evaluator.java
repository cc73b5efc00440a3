package coppice.train;

import coppice.backend.Backend;
import coppice.backend.Pass;
import coppice.backend.Samples;
import coppice.backend.Tensor;
import coppice.backend.Totals;
import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.model.Model;
import coppice.run.TrainingStatistics;
import java.util.Objects;
import java.util.stream.IntStream;

/** Measures a model on samples: mean loss and accuracy, without dropout. */
public final class Evaluator {
    private final Backend backend;
    private final Model model;
    private final int batch;
    private final TrainingStatistics statistics;
    private final Tensor offset;
    private final Tensor scale;

    /**
     * An evaluator of a model.
     *
     * @param batch samples at once, at most the model's batch
     */
    public Evaluator(Backend backend, Model model, int batch, Normalization normalization) {
        this(backend, model, batch, normalization, TrainingStatistics.NONE);
    }

    /**
     * An evaluator of a model.
     *
     * @param batch samples at once, at most the model's batch
     * @param statistics weights of classes, and what numbers to predict are brought to
     */
    public Evaluator(
            Backend backend, Model model, int batch, Normalization normalization, TrainingStatistics statistics) {
        this.statistics = statistics;
        this.backend = backend;
        this.model = model;
        this.batch = batch;
        this.offset = backend.tensor(1, normalization.features());
        this.scale = backend.tensor(1, normalization.features());
        backend.upload(offset, normalization.offset());
        backend.upload(scale, normalization.scale());
    }

    /** Samples it takes at once. */
    public int batch() {
        return batch;
    }

    /** Puts samples on the backend in the order they stand. */
    public Samples load(Dataset data) {
        Samples samples = backend.samples(data.features(), labels(data), statistics.classWeights());
        backend.order(samples, IntStream.range(0, data.rows()).toArray());
        return samples;
    }

    private int[] labels(Dataset data) {
        float[] target = statistics.target();
        if (!data.hasLabels()) {
            return new int[data.rows()]; // what they are does not matter then
        }
        if (target == null) {
            return data.labels();
        }
        int[] bits = new int[data.rows()];
        for (int i = 0; i < bits.length; i++) {
            float standard = (float) (((double) data.targets()[i] - target[0]) / target[1]);
            bits[i] = Float.floatToRawIntBits(standard);
        }
        return bits;
    }

    /** The numbers that a model of numbers predicts for samples, in their own unit. */
    public float[] predictNumbers(Samples samples) {
        float[] target = Objects.requireNonNull(statistics.target(), "the model predicts no numbers");
        float[] numbers = new float[samples.rows()];
        for (int start = 0; start < numbers.length; start += batch) {
            int count = Math.min(batch, numbers.length - start);
            float[] outputs = outputs(samples, start, count);
            for (int b = 0; b < count; b++) {
                numbers[start + b] = (float) ((double) outputs[b] * target[1] + target[0]);
            }
        }
        return numbers;
    }

    /** Takes a batch into the model's input. */
    void gather(Samples samples, int start, Pass pass) {
        backend.gather(samples, start, offset, scale, model.input(), pass);
    }

    /** Loss and right answers over all samples. */
    public Totals evaluate(Samples samples) {
        backend.setTotals(Totals.ZERO);
        for (int start = 0; start < samples.rows(); start += batch) {
            Pass pass = new Pass(Math.min(batch, samples.rows() - start), false, 0);
            int first = start;
            backend.step(new Backend.Step(samples, pass, first, null), () -> {
                gather(samples, first, pass);
                model.measure(samples, first, pass);
            });
        }
        return backend.totals();
    }

    /**
     * The measures of a classifier on labelled samples, loss and accuracy aside.
     *
     * <p>The class of the greatest output is predicted, the first among equals, as where right answers are counted.
     *
     * @param samples as {@link #load}ed from {@code data}
     */
    public ClassificationMetrics classify(Samples samples, Dataset data) {
        int classes = data.classes().size();
        int[] predicted = new int[data.rows()];
        double[] margins = new double[data.rows()];
        for (int start = 0; start < predicted.length; start += batch) {
            Pass pass = new Pass(Math.min(batch, predicted.length - start), false, 0);
            gather(samples, start, pass);
            float[] outputs = backend.download(model.logits(pass));
            int stride = outputs.length / classes;
            for (int b = 0; b < pass.batch(); b++) {
                int best = 0;
                for (int c = 1; c < classes; c++) {
                    best = outputs[c * stride + b] > outputs[best * stride + b] ? c : best;
                }
                predicted[start + b] = best;
                margins[start + b] = classes == 2 ? (double) outputs[stride + b] - outputs[b] : 0;
            }
        }
        return ClassificationMetrics.of(classes, data.labels(), predicted, margins);
    }

    /**
     * What the model makes of samples: the probabilities of the classes or of the hidden units.
     *
     * @param start the first sample
     * @param count how many, at most the batch
     * @return row-major (outputs, batch)
     */
    public float[] outputs(Samples samples, int start, int count) {
        Pass pass = new Pass(count, false, 0);
        gather(samples, start, pass);
        return backend.download(model.output(pass));
    }
}
