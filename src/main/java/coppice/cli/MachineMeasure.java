package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.data.Dataset;
import coppice.model.AnnealedImportanceSampling;
import coppice.model.AnnealedImportanceSampling.Estimate;
import coppice.model.ExactPartition;
import coppice.model.Rbm;
import coppice.train.Evaluator;
import coppice.train.LogLikelihood;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * What {@code evaluate} says of a restricted Boltzmann machine.
 *
 * @param error squared error of the reconstruction, a visible unit
 * @param samples number of samples
 * @param method how the partition function was found: {@code exact}, {@code standard} or {@code short}; null if it was
 *     not
 * @param partition the partition function; null without a method
 * @param likelihood of the samples; null without a method
 */
record MachineMeasure(
        double error,
        long samples,
        @Nullable String method,
        @Nullable Estimate partition,
        @Nullable LogLikelihood likelihood) {
    static final CommandOption AIS = new CommandOption(
            "ais",
            "HOW",
            "none",
            "Log-likelihood of a restricted Boltzmann machine",
            "annealed importance sampling: standard (100 chains, 14,500 steps), short (a tenth of the steps) or none;"
                    + " exact goes through all states of a side of at most " + ExactPartition.MOST_UNITS + " units");

    static MachineMeasure of(
            ModelFile model, Dataset data, BackendChoice choice, Arguments arguments, Console console) {
        String method = arguments.find("ais");
        AnnealedImportanceSampling sampling = switch (method == null ? "none" : method) {
            case "none", "exact" -> null;
            case "standard" -> AnnealedImportanceSampling.standard();
            case "short" -> AnnealedImportanceSampling.brief();
            default -> throw new UsageException("ais must be standard, short, exact or none but was '" + method + "'");
        };
        Backend backend = choice.backend();
        Rbm rbm = model.rbm(backend, model.batch());
        Evaluator evaluator = model.evaluator(backend, rbm);
        Samples samples = evaluator.load(data);
        Totals totals = evaluator.evaluate(samples);
        Estimate partition = null;
        if (sampling != null) {
            partition = annealed(model, backend, rbm, sampling, console);
        } else if ("exact".equals(method)) {
            double log = UsageException.whereInvalid(
                    () -> ExactPartition.log(model.checkpoint().layers().get(0), choice.pool()));
            partition = new Estimate(log, log, log);
        }
        LogLikelihood likelihood = partition == null
                ? null
                : LogLikelihood.of(LogLikelihood.meanLogPotential(backend, evaluator, rbm, samples), partition);
        return new MachineMeasure(
                totals.meanLoss(), totals.samples(), partition == null ? null : method, partition, likelihood);
    }

    private static Estimate annealed(
            ModelFile model, Backend backend, Rbm rbm, AnnealedImportanceSampling sampling, Console console) {
        long seed = model.config().loop().seed();
        if (!console.terminal()) {
            return sampling.run(backend, rbm, seed, step -> {});
        }
        try (ProgressBar bar = new ProgressBarBuilder()
                .setTaskName("annealing")
                .setInitialMax(sampling.schedule().length - 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err(), 80))
                .clearDisplayOnFinish()
                .build()) {
            IntConsumer progress = bar::stepTo;
            return sampling.run(backend, rbm, seed, progress);
        }
    }

    String line() {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "loss %.6f  samples %d", error, samples));
        if (partition != null && likelihood != null) {
            line.append(String.format(
                    Locale.ROOT,
                    "  log_likelihood %.3f (%.3f to %.3f)  log_partition %.3f (%.3f to %.3f)",
                    likelihood.mean(),
                    likelihood.low(),
                    likelihood.high(),
                    partition.logPartition(),
                    partition.low(),
                    partition.high()));
        }
        return line.toString();
    }

    Map<String, @Nullable Object> json(ModelFile model) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("loss", error);
        json.put("samples", samples);
        json.put("ais", method);
        json.put("log_likelihood", likelihood == null ? null : likelihood.mean());
        json.put(
                "log_likelihood_interval",
                likelihood == null ? null : new double[] {likelihood.low(), likelihood.high()});
        json.put("log_partition", partition == null ? null : partition.logPartition());
        json.put("log_partition_interval", partition == null ? null : new double[] {partition.low(), partition.high()});
        json.put("checkpoint", model.path().toString());
        return json;
    }
}
