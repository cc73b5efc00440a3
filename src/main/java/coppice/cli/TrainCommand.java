package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Augmentation;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.Normalization;
import coppice.model.ModelSpec;
import coppice.model.Shape;
import coppice.run.Json;
import coppice.run.RunDirectory;
import coppice.run.RunManifest;
import coppice.train.DivergedException;
import coppice.train.Progress;
import coppice.train.RbmConfig;
import coppice.train.Setting;
import coppice.train.Setting.Scope;
import coppice.train.Settings;
import coppice.train.StartingPoint;
import coppice.train.TrainConfig;
import coppice.train.TrainData;
import coppice.train.TrainResult;
import coppice.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Trains a network. */
final class TrainCommand implements Command {
    private static final double UNEVEN = 10; // scales of pixels, the greatest and the middle one

    @Override
    public String name() {
        return "train";
    }

    @Override
    public String summary() {
        return "train a network; without options, on the embedded digits";
    }

    @Override
    public String usage() {
        return "[options]";
    }

    @Override
    public String details() {
        return """
                Trains a truly sparse network, prints a line an epoch, and as the last line of standard output
                one JSON object, the content of result.json in the run directory.

                  coppice train
                  coppice train --data fashion-mnist --activation allrelu:0.6 --out runs/fashion
                  coppice train --data wine.csv --label quality --hidden 256,128 --epochs 50
                  coppice train --model cnn --data cifar10 --batch-size 100 --epochs 10
                  coppice train --layers 'conv:16x3 relu pool:2 sparse:200 relu dropout:0.3 dense:classes'
                  coppice train --model rbm --data mnist --binarize sample --epochs 50
                  coppice train --data more.csv --from runs/wine --new-output --learning-rate 0.001
                  coppice train --config sweep.properties --seed 3 --out runs/s3 --resume

                SIGTERM, SIGINT and --max-time end a run after the step in hand with a checkpoint and exit
                code 75; the same command with --resume goes on to the same bits.""";
    }

    @Override
    public List<CommandOption> options() {
        CommandOption config = new CommandOption(
                "config", "FILE", null, "Run", "settings as name = value lines; options given here override it");
        return Stream.concat(Settings.TABLE.stream().map(CommandOption::of), Stream.of(config))
                .toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        Map<String, String> given = given(arguments);
        Origin origin = Origin.of(given);
        Settings settings = settings(given, origin);
        TrainConfig config = UsageException.whereInvalid(() -> TrainConfig.of(settings));
        String maxTime = settings.find("max-time");
        StopRequest stop =
                StopRequest.install(maxTime == null ? Double.POSITIVE_INFINITY : StopRequest.seconds(maxTime));
        Path out = outDirectory(settings);
        boolean resume = settings.is("resume");
        try (BackendChoice choice = backend(settings)) {
            TrainData data = data(settings, config);
            TrainData prepared = prepared(origin == null ? data : origin.fit(data, settings), settings, config);
            try (RunDirectory directory = RunDirectory.open(out, resume)) {
                RunManifest manifest = manifest(settings, arguments, data, choice, origin);
                requireSameData(directory, manifest);
                manifest.write(directory.manifest());
                if (origin != null && !directory.hasCheckpoint()) {
                    boolean newOutput = settings.is("new-output");
                    StartingPoint.of(
                                    origin.read(),
                                    config,
                                    configuration(settings, prepared),
                                    prepared,
                                    newOutput,
                                    choice.pool())
                            .write(directory.last());
                }
                return train(settings, config, prepared, choice, directory, stop, console);
            }
        }
    }

    private static int train(
            Settings settings,
            TrainConfig config,
            TrainData data,
            BackendChoice choice,
            RunDirectory directory,
            StopRequest stop,
            Console console)
            throws IOException {
        boolean quiet = settings.is("quiet");
        Map<String, String> configuration = configuration(settings, data);
        try (RunLog log = new RunLog(directory.log());
                ProgressView view =
                        new ProgressView(console, log, quiet, config.loop().epochs());
                EventProgress events =
                        settings.is("tensorboard") ? new EventProgress(directory.tensorboard(), view) : null) {
            say(introduction(settings, config, data, choice, directory), log, quiet, console);
            TrainResult result;
            int code;
            try {
                Progress progress = events == null ? view : events;
                Trainer trainer =
                        new Trainer(config, configuration, data, choice.backend(), choice.pool(), directory, progress);
                say(trainer.placements(), log, quiet, console);
                result = trainer.run(stop);
                code = result.status().equals("stopped") ? ExitCode.STOPPED : ExitCode.DONE;
            } catch (DivergedException e) {
                console.message("coppice: " + e.getMessage());
                result = e.result();
                code = ExitCode.DIVERGED;
            }
            view.clear();
            Json.write(directory.result(), result);
            log.line("ended: " + result.status());
            if (code == ExitCode.STOPPED && !quiet) {
                console.message("stopped in epoch " + (result.epochs() + 1) + " with a checkpoint; go on with --out "
                        + directory.path() + " --resume");
            }
            console.result(Json.compact(result));
            return code;
        }
    }

    /** The settings to keep in checkpoints. */
    private static Map<String, String> configuration(Settings settings, TrainData data) {
        Map<String, String> configuration = settings.values(Scope.RESULT);
        Integer indexBase = data.train().sparseIndexBase();
        if (indexBase != null) {
            configuration.put("index-base", indexBase.toString()); // files to come are read as the training file was
        }
        return configuration;
    }

    private static void say(List<String> lines, RunLog log, boolean quiet, Console console) throws IOException {
        for (String line : lines) {
            log.line(line);
            if (!quiet) {
                console.message(line);
            }
        }
    }

    /** The configuration file's settings, and the options over them. */
    private static Map<String, String> given(Arguments arguments) throws IOException {
        Map<String, String> given = new LinkedHashMap<>();
        String file = arguments.find("config");
        if (file != null) {
            given.putAll(ConfigFile.read(Path.of(file)));
        }
        arguments.options().forEach((name, value) -> {
            if (name.equals("density") || name.equals("epsilon")) {
                given.remove(
                        name.equals("density") ? "epsilon" : "density"); // the option replaces the file's other way
            }
            if (!name.equals("config")) {
                given.put(name, value);
            }
        });
        if (arguments.has("density") && arguments.has("epsilon")) {
            throw new UsageException("give --epsilon or --density, not both");
        }
        return given;
    }

    /** What is given over the defaults; in a run that is resumed over its own settings, else over the origin's. */
    private static Settings settings(Map<String, String> given, @Nullable Origin origin) throws IOException {
        if ("true".equals(given.get("resume"))) {
            String out = given.get("out");
            if (out == null) {
                throw new UsageException("--resume needs --out DIR to say which run");
            }
            if (Files.exists(Path.of(out).resolve("run.json"))) {
                return resumed(Path.of(out), given);
            }
        }
        return UsageException.whereInvalid(() -> {
            Settings settings = Settings.of(origin == null ? given : origin.inherit(given));
            List.of("resume", "new-output", "new-normalization").forEach(settings::is); // true or false
            return settings;
        });
    }

    private static Settings resumed(Path out, Map<String, String> given) throws IOException {
        Map<String, String> before = RunManifest.read(out.resolve("run.json")).configuration();
        Map<String, String> merged = new LinkedHashMap<>(given);
        for (Setting setting : Settings.TABLE) {
            String name = setting.name();
            String old = before.get(name);
            if (setting.scope() == Scope.RUN) {
                continue;
            }
            if (given.containsKey(name) && !setting.isSame(given.get(name), old)) {
                throw new UsageException("the run in " + out + " was started with " + name + " "
                        + (old == null ? "not set" : old) + "; --resume cannot change it to " + given.get(name));
            }
            if (old != null) {
                merged.put(name, old);
            }
        }
        return UsageException.whereInvalid(() -> Settings.of(merged));
    }

    private static BackendChoice backend(Settings settings) {
        CudaOptions.use(settings.find(CudaOptions.NAME));
        return BackendChoice.of(
                settings.get("backend"),
                UsageException.whereInvalid(() -> settings.integer("device", 0)),
                CudaOptions.dataMemory(settings.find(CudaOptions.DATA_MEMORY)),
                UsageException.whereInvalid(() -> settings.integer("threads", 0)),
                settings.get("simd"),
                CudaOptions.products(
                        settings.get("backend"),
                        settings.get("spmm"),
                        settings.get("gemm"),
                        UsageException.whereInvalid(() -> settings.is("tf32"))));
    }

    private static TrainData data(Settings settings, TrainConfig config) {
        Datasets.Parts parts = UsageException.whereInvalid(() -> DataSources.load(settings));
        Dataset train = parts.train();
        if (config.classifies() && train.classes().size() < 2) {
            throw MalformedDataException.inFile(
                    Path.of(settings.get("data")),
                    "at least 2 classes are needed but the labels are all " + train.classes());
        }
        if (config.augmentation() != null) {
            UsageException.whereInvalid(() -> Augmentation.requireImages(train));
        }
        UsageException.whereInvalid(() -> config.modelSpec(train).connections());
        return TrainingSamples.prepare(parts, settings);
    }

    /** The samples as the model takes them. */
    private static TrainData prepared(TrainData data, Settings settings, TrainConfig config) {
        RbmConfig rbm = config.rbm();
        try {
            return rbm == null ? data : rbm.prepare(data, config.loop().seed());
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(Path.of(settings.get("data")), String.valueOf(e.getMessage()));
        }
    }

    private static Path outDirectory(Settings settings) {
        String out = settings.find("out");
        if (out != null) {
            return Path.of(out);
        }
        String source =
                Path.of(settings.get("data").split(",", 2)[0]).getFileName().toString();
        String time =
                LocalDateTime.now(ZoneId.systemDefault()).format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS"));
        return Path.of("runs", source.replaceAll("\\..*", "") + "-" + time);
    }

    private static RunManifest manifest(
            Settings settings, Arguments arguments, TrainData data, BackendChoice choice, @Nullable Origin origin) {
        List<RunManifest.DataSource> sources = new ArrayList<>();
        sources.add(source("train", settings.get("data"), data.train()));
        String validation = settings.find("validation-data");
        addSource(sources, "validation", validation == null ? settings.get("data") : validation, data.validation());
        String test = settings.find("test");
        addSource(sources, "test", test == null ? settings.get("data") : test, data.test());
        return new RunManifest(
                Version.text(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                arguments.words(),
                settings.values(Scope.RESULT, Scope.DATA, Scope.RUN),
                settings.parse("seed", "a whole number", Long::valueOf),
                new RunManifest.BackendChoice(
                        choice.backend().name(), choice.backend().description()),
                choice.pool().threads(),
                sources,
                RunManifest.JavaRuntime.current(),
                RunManifest.Machine.current(),
                origin == null ? null : origin.start());
    }

    private static void addSource(
            List<RunManifest.DataSource> sources, String role, String list, @Nullable Dataset data) {
        if (data != null) {
            sources.add(source(role, list, data));
        }
    }

    private static RunManifest.DataSource source(String role, String list, Dataset data) {
        return new RunManifest.DataSource(
                role,
                DataSources.named(list),
                data.fingerprint(),
                data.rows(),
                data.featureCount(),
                data.classes().size());
    }

    private static void requireSameData(RunDirectory directory, RunManifest now) throws IOException {
        if (!directory.hasCheckpoint()) {
            return;
        }
        RunManifest before = RunManifest.read(directory.manifest());
        for (int i = 0; i < now.data().size(); i++) {
            RunManifest.DataSource source = now.data().get(i);
            if (i >= before.data().size() || !before.data().get(i).fingerprint().equals(source.fingerprint())) {
                throw MalformedDataException.inFile(
                        Path.of(source.paths().get(0)),
                        "the " + source.role() + " samples are not those that the run in " + directory.path()
                                + " was started with");
            }
        }
    }

    private static String network(Settings settings, ModelSpec spec) {
        String words = settings.find("layers");
        if (words != null) {
            return "network " + spec.input() + " " + words;
        }
        String sizes = Stream.concat(
                        Stream.of(spec.input()), spec.stages().stream().map(ModelSpec.Stage::output))
                .map(Shape::toString)
                .collect(Collectors.joining("-"));
        return settings.get("model").equals("rbm")
                ? "restricted Boltzmann machine " + sizes
                : "network " + sizes + ", " + settings.get("activation").split(":", 2)[0];
    }

    private static List<String> introduction(
            Settings settings, TrainConfig config, TrainData data, BackendChoice choice, RunDirectory directory) {
        List<String> lines = new ArrayList<>();
        Dataset test = data.test();
        Dataset validation = data.validation();
        int features = data.train().featureCount();
        int classes = data.train().classes().size();
        lines.add("data " + settings.get("data") + ": " + data.train().rows() + " training"
                + (validation == null ? "" : ", " + validation.rows() + " validation")
                + (test == null ? "" : ", " + test.rows() + " test") + " samples, " + features + " features"
                + (config.classifies() ? ", " + classes + " classes" : ""));
        if (config.augmentation() != null) {
            lines.add("images changed by " + settings.get("augment"));
            addWarning(lines, data.normalization());
        }
        lines.addAll(TrainingSamples.remarks(data, config));
        lines.add(network(settings, config.modelSpec(data.train())));
        lines.add("backend " + choice.backend().name() + ": " + choice.backend().description() + " (" + choice.reason()
                + ")");
        String from = settings.find("from");
        if (from != null) {
            lines.add("starts from " + from + (settings.is("new-output") ? " with a new output layer" : ""));
        }
        lines.add("run directory " + directory.path());
        if (settings.is("verbose")) {
            settings.values(Scope.RESULT, Scope.DATA, Scope.RUN)
                    .forEach((name, value) -> lines.add("setting " + name + " = " + value));
        }
        return lines;
    }

    /** Pixels that are moved onto one that hardly varied would be scaled up with it. */
    private static void addWarning(List<String> lines, Normalization normalization) {
        float[] scale = normalization.scale().clone();
        Arrays.sort(scale);
        double greatest = scale[scale.length - 1] / (double) scale[scale.length / 2];
        if (greatest > UNEVEN) {
            lines.add(String.format(
                    Locale.ROOT,
                    "warning: images are moved, but --normalize %s scales some pixels, as they hardly vary,"
                            + " %.0f times as much as others; --normalize range scales all alike",
                    normalization.kind(),
                    greatest));
        }
    }
}
