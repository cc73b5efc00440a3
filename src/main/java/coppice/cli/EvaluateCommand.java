package coppice.cli;

import coppice.backend.Samples;
import coppice.backend.Totals;
import coppice.data.Dataset;
import coppice.run.Json;
import coppice.train.Evaluator;
import coppice.train.RegressionMetrics;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Measures a saved model on labelled samples. */
final class EvaluateCommand implements Command {
    @Override
    public String name() {
        return "evaluate";
    }

    @Override
    public String summary() {
        return "loss and accuracy of a saved model on a data set, or a machine's log-likelihood";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE [options]";
    }

    @Override
    public String details() {
        return """
                Prints the mean loss and the accuracy of a saved model, balanced accuracy (the mean recall of the
                classes), macro F1, the area under the ROC curve of two classes, and for each class precision,
                recall, F1 and number of samples, with the confusion matrix where it fits. Of a model that
                predicts numbers: root mean squared error, mean absolute error and R2, in the numbers' unit.

                Without --data or --test the samples are the test samples of the run that the model comes from,
                as its run.json names them. Of a known data set only samples held out in training are used;
                files are evaluated whole.

                Of a restricted Boltzmann machine it prints the squared error of the reconstruction and, with
                --ais, the mean log-probability of the samples in nats with an interval of three standard errors.

                  coppice evaluate --from runs/fashion
                  coppice evaluate --from runs/wine/last.safetensors --data new.csv --label quality --json
                  coppice evaluate --from runs/machine/last.safetensors --ais standard""";
    }

    @Override
    public List<CommandOption> options() {
        List<CommandOption> own = List.of(
                SampleOptions.FROM,
                CommandOption.flag("json", "print one JSON object"),
                MachineMeasure.AIS,
                SampleOptions.VERBOSE,
                new CommandOption(
                        "data", "NAME|PATH[,PATH...]", "the run's test samples", "Data", "a known data set, or files"),
                new CommandOption("test", "PATH[,PATH...]", null, "Data", "files, in place of --data"));
        return Stream.of(own, SampleOptions.format("as in training"), BackendChoice.options())
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        ModelFile model = ModelFile.open(arguments.require("from"));
        if (arguments.has("data") && arguments.has("test")) {
            throw new UsageException("give --data or --test, not both");
        }
        if (arguments.has("ais")) {
            model.rbmConfig(); // refuses a network
        }
        try (BackendChoice choice = BackendChoice.of(arguments)) {
            String test = arguments.find("test");
            String source = test == null ? arguments.find("data") : test;
            Dataset samples = samples(model, source, test != null, arguments);
            if (model.config().rbm() != null) {
                String name = source == null
                        ? model.path().toString()
                        : DataSources.named(source).get(0);
                MachineMeasure measure =
                        MachineMeasure.of(model, model.prepared(samples, name), choice, arguments, console);
                console.result(arguments.has("json") ? Json.compact(measure.json(model)) : measure.line());
                return ExitCode.DONE;
            }
            Evaluator evaluator = model.evaluator(choice.backend());
            Samples loaded = evaluator.load(samples);
            Totals totals = evaluator.evaluate(loaded);
            Evaluation evaluation = model.config().regression()
                    ? new RegressionEvaluation(
                            model, totals, RegressionMetrics.of(samples.targets(), evaluator.predictNumbers(loaded)))
                    : new ClassEvaluation(model, samples.classes(), totals, evaluator.classify(loaded, samples));
            if (arguments.has("json")) {
                console.result(Json.compact(evaluation.json()));
            } else {
                evaluation.lines().forEach(console::result);
            }
        }
        return ExitCode.DONE;
    }

    private static Dataset samples(ModelFile model, @Nullable String source, boolean files, Arguments arguments)
            throws IOException {
        if (source == null) {
            Dataset ofRun = SampleOptions.ofRun(model, arguments);
            return model.config().rbm() != null
                    ? ofRun
                    : SampleOptions.labelled(model, ofRun, model.path().toString());
        }
        Dataset samples = files
                ? SampleOptions.files(
                        model, SampleOptions.settings(model.checkpoint().configuration(), arguments), source)
                : SampleOptions.named(model, source, arguments);
        return model.config().rbm() != null ? samples : SampleOptions.labelled(model, samples, source);
    }
}
