package coppice.cli;

import coppice.backend.Samples;
import coppice.data.Dataset;
import coppice.run.AtomicFile;
import coppice.run.Npy;
import coppice.train.Evaluator;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Puts samples through a saved model and writes the class it finds for each. */
final class PredictCommand implements Command {
    @Override
    public String name() {
        return "predict";
    }

    @Override
    public String summary() {
        return "the classes or numbers that a saved model gives to samples";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE --data NAME|PATH [options]";
    }

    @Override
    public String details() {
        return """
                Writes one prediction a line: the number of the sample (from 1), the class with the greatest
                probability, and that probability, or the number that a model of numbers predicts. Labels in the
                data are ignored; a table with no more columns than features has none. Of a known data set the
                samples held out in training are taken.

                  coppice predict --from runs/wine --data new.csv --label none --out predictions.csv
                  coppice predict --from runs/fashion --data fashion-mnist --format json --probabilities
                  coppice predict --from runs/machine --data mnist --features --out features.npy""";
    }

    @Override
    public List<CommandOption> options() {
        List<CommandOption> own = List.of(
                SampleOptions.FROM,
                CommandOption.value("data", "NAME|PATH[,PATH...]", "a known data set, or files"),
                new CommandOption("format", "csv|json", "csv", "Options", "a table, or one JSON object a line"),
                CommandOption.flag("probabilities", "write the probability of each class too"),
                CommandOption.flag(
                        "features",
                        "write the hidden probabilities of a restricted Boltzmann machine, a NumPy matrix (samples,"
                                + " hidden units)"),
                new CommandOption("out", "FILE", "standard output", "Options", "where to; replaced as a whole"),
                SampleOptions.VERBOSE);
        return Stream.of(own, SampleOptions.format("as in training"), BackendChoice.options())
                .flatMap(List::stream)
                .toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        String data = arguments.require("data");
        String format = SampleOptions.choice(arguments, "format", "csv", "json");
        String file = arguments.find("out");
        Path out = file == null ? null : OutputFile.of("out", file);
        ModelFile model = ModelFile.open(arguments.require("from"));
        if (arguments.has("features") || model.config().rbm() != null) {
            return features(model, data, out, arguments);
        }
        boolean json = format.equals("json");
        if (model.config().regression() && arguments.has("probabilities")) {
            throw new UsageException("the model predicts numbers, which have no probabilities");
        }
        try (BackendChoice choice = BackendChoice.of(arguments)) {
            Dataset samples =
                    SampleOptions.named(model, data, arguments).withoutLabels(); // what they are does not matter here
            Evaluator evaluator = model.evaluator(choice.backend());
            Samples loaded = evaluator.load(samples);
            if (model.config().regression()) {
                write(out, console, target -> PredictionFormat.numbers(evaluator.predictNumbers(loaded), json, target));
                return ExitCode.DONE;
            }
            PredictionFormat lines =
                    new PredictionFormat(model.checkpoint().classes(), json, arguments.has("probabilities"));
            write(out, console, new Predictions(evaluator, loaded, lines)::write);
        }
        return ExitCode.DONE;
    }

    /** Writes text. */
    private interface Writing {
        void to(Appendable target) throws IOException;
    }

    private static void write(@Nullable Path out, Console console, Writing writing) throws IOException {
        if (out == null) {
            writing.to(new Printed(console.out()));
            return;
        }
        AtomicFile.write(out, channel -> {
            Writer writer = new BufferedWriter(
                    new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.UTF_8));
            writing.to(writer);
            writer.flush();
        });
    }

    private static int features(ModelFile model, String data, @Nullable Path out, Arguments arguments)
            throws IOException {
        model.rbmConfig(); // refuses a network
        if (!arguments.has("features")) {
            throw new UsageException("a restricted Boltzmann machine predicts no classes: give --features");
        }
        if (out == null) {
            throw new UsageException("--features needs --out FILE.npy");
        }
        try (BackendChoice choice = BackendChoice.of(arguments)) {
            Dataset samples = SampleOptions.named(model, data, arguments);
            features(model, samples, DataSources.named(data).get(0), out, choice);
        }
        return ExitCode.DONE;
    }

    /** Writes the hidden units' probabilities, one sample a row. */
    private static void features(ModelFile model, Dataset data, String source, Path out, BackendChoice choice)
            throws IOException {
        Evaluator evaluator = model.evaluator(choice.backend(), model.rbm(choice.backend(), model.batch()));
        Samples samples = evaluator.load(model.prepared(data, source));
        int batch = evaluator.batch();
        float[][] columns = {new float[0]}; // of the batch in hand, (hidden, at least batch)
        Npy.write(out, data.rows(), model.spec().outputs(), (row, to) -> {
            if (row % batch == 0) {
                columns[0] = evaluator.outputs(samples, row, Math.min(batch, data.rows() - row));
            }
            for (int unit = 0; unit < to.length; unit++) {
                to[unit] = columns[0][unit * (columns[0].length / to.length) + row % batch];
            }
        });
    }

    /** Samples on their way through a model, a batch at a time. */
    private record Predictions(Evaluator evaluator, Samples samples, PredictionFormat format) {
        void write(Appendable target) throws IOException {
            target.append(format.heading());
            int classes = format.classes().size();
            for (int start = 0; start < samples.rows(); start += evaluator.batch()) {
                int count = Math.min(evaluator.batch(), samples.rows() - start);
                float[] batch = evaluator.outputs(samples, start, count);
                int stride = batch.length / classes;
                StringBuilder text = new StringBuilder();
                float[] probabilities = new float[classes];
                for (int b = 0; b < count; b++) {
                    for (int c = 0; c < classes; c++) {
                        probabilities[c] = batch[c * stride + b];
                    }
                    format.line(start + b + 1, probabilities, text);
                }
                target.append(text);
            }
        }
    }

    /** Standard output, which hides its errors until asked. */
    private record Printed(PrintStream out) implements Appendable {
        @Override
        public Appendable append(CharSequence text) throws IOException {
            out.append(text);
            if (out.checkError()) {
                throw new IOException("standard output cannot be written to");
            }
            return this;
        }

        @Override
        public Appendable append(CharSequence text, int start, int end) throws IOException {
            return append(text.subSequence(start, end));
        }

        @Override
        public Appendable append(char character) throws IOException {
            return append(String.valueOf(character));
        }
    }
}
