package coppice.train;

import coppice.model.LayerGrammar;
import coppice.train.Setting.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The table of all settings of a training run, and the values of one run.
 *
 * <p>The table is the one source for options, configuration files, help, manifests and checkpoints.
 */
public final class Settings {
    /** All settings, in the order help shows them. */
    public static final List<Setting> TABLE = List.of(
            data(
                    "data",
                    "NAME|PATH[,PATH...]",
                    "digits",
                    "a known data set, or files (IDX, NPY: features,labels; CIFAR: batches)"),
            data("test", "PATH[,PATH...]", null, "test files; without them known data sets bring their own"),
            data("validation-data", "PATH[,PATH...]", null, "validation files, in place of --validation"),
            result(
                    "test-fraction",
                    "F",
                    "0.2",
                    "Data",
                    "share of the samples to test on where there is no test set, 0 for none"),
            result(
                    "validation",
                    "F",
                    "0",
                    "Data",
                    "share of the training samples that chooses the best epoch in place of the test set"),
            result(
                    "label",
                    "COLUMN",
                    null,
                    "Data",
                    "label column of a text table, by name or index (from 0, or -1 for the last), or none; default"
                            + " last, for rbm none"),
            result("header", "yes|no|auto", "auto", "Data", "whether the first row of a text table names the columns"),
            result(
                    "variables",
                    "X,Y",
                    null,
                    "Data",
                    "names of the arrays of features and labels in a MATLAB, NPZ or HDF5 file, and then of the test"
                            + " features and labels where there are some; default the usual ones"),
            result(
                    "index-base",
                    "B",
                    "auto",
                    "Data",
                    "first feature index of LIBSVM files: 0, 1, or auto: 0 if it occurs"),
            result(
                    "missing",
                    "KIND",
                    "error",
                    "Data",
                    "what missing values are: an error, or the mean of their feature over the training samples"),
            result("train-samples", "N", "0", "Data", "train on N samples drawn at random, 0 for all"),
            result("test-samples", "N", "0", "Data", "test on N samples drawn at random, 0 for all"),
            result(
                    "normalize",
                    "KIND",
                    "zscore",
                    "Data",
                    "zscore, minmax, range (all features together from 0 to 1), unit (bytes / 255) or none; fitted on"
                            + " the training samples"),
            result(
                    "augment",
                    "CHANGE[,CHANGE...]",
                    null,
                    "Data",
                    "random changes to training images, drawn anew each epoch: rotate:DEGREES at most, shift:SHARE of"
                            + " width and height at most, crop:PIXELS that edges are padded by, flip; fill:nearest or"
                            + " fill:zero says what comes in from outside, by default the nearest pixel"),
            start(
                    "from",
                    "RUN|FILE",
                    "start from a saved network: a run's best checkpoint, a checkpoint or an export (safetensors, npz);"
                            + " its layers, topology and normalization stay, the optimizer starts afresh"),
            start("new-output", null, "with --from: a new output layer, for other classes"),
            start(
                    "new-normalization",
                    null,
                    "with --from: --normalize is fitted on the training samples, in place of the saved numbers"),
            result(
                    "task",
                    "KIND",
                    "classification",
                    "Network",
                    "classification, or regression: labels are numbers, predicted by one output that minimises the"
                            + " squared error of the numbers brought to mean 0 and standard deviation 1"),
            result(
                    "model",
                    "KIND",
                    "mlp",
                    "Network",
                    "mlp: multilayer perceptron; cnn: convolutional network; rbm: restricted Boltzmann machine"),
            result("hidden", "N[,N...]", "1000,1000,1000", "Network", "neurons of each hidden layer"),
            result(
                    "layers",
                    "WORDS",
                    null,
                    "Network",
                    "the network layer by layer, in place of --hidden, --activation, --dropout and --sparse-output: as"
                            + " 'conv:32x3 relu pool:2 sparse:500 relu dropout:0.3 dense:classes'; default of cnn the"
                            + " published one"),
            result(
                    "image",
                    "CxHxW",
                    null,
                    "Network",
                    "channels, height and width that features form, for convolutions; default what the data say"),
            result(
                    "activation",
                    "F",
                    "relu",
                    "Network",
                    "relu, leaky[:SLOPE], allrelu[:SLOPE], srelu, tanh or sigmoid"),
            result(
                    "loss",
                    "KIND",
                    "cross-entropy",
                    "Network",
                    "cross-entropy, mse, or mse-reference (mse with the published SciPy program's derivative)"),
            result(
                    "class-weights",
                    "KIND",
                    "none",
                    "Network",
                    "balanced: losses are multiplied by samples / (classes * samples of the class); or none"),
            result("dropout", "P", "0.3", "Network", "share of hidden outputs dropped in training, 0 for none"),
            result(
                    "init",
                    "KIND",
                    "he",
                    "Network",
                    "first weights: normal:SD, uniform:LIMIT, he, he-sparse, xavier, xavier-sparse or zero"),
            machine("cd-steps", "K", "steps of the Markov chain an update (CD-k)"),
            machine("persistent", null, "let the chains go on from update to update (persistent CD)"),
            machine("visible", "KIND", "visible units of the chains: states, or probabilities"),
            machine("visible-bias", "KIND", "first visible biases: data (log odds of the training means) or zero"),
            machine(
                    "binarize",
                    "KIND",
                    "features become 0 or 1: threshold (from 0.5), sample (drawn once), resample (drawn each step) or"
                            + " none"),
            result(
                    "epsilon",
                    "E",
                    "20",
                    "Topology",
                    "Erdős–Rényi parameter: E * (inputs + outputs) connections a layer"),
            result(
                    "density",
                    "D",
                    null,
                    "Topology",
                    "share of all possible connections, in (0, 1], in place of --epsilon"),
            result(
                    "distribution",
                    "KIND",
                    "erdos-renyi",
                    "Topology",
                    "erdos-renyi or uniform: how connections are shared out among layers"),
            result(
                    "topology-draws",
                    "KIND",
                    "exact",
                    "Topology",
                    "exact, or with-replacement as in the published SciPy programs"),
            flag("sparse-output", "Topology", "make the output layer sparse, and evolve it, too"),
            flag("dense", "Topology", "a dense network: the baseline without sparsity"),
            result(
                    "evolution",
                    "KIND",
                    "set",
                    "Evolution",
                    "set: cut and grow connections; static: keep the first topology (FixProb)"),
            result(
                    "zeta",
                    "Z",
                    "0.3",
                    "Evolution",
                    "fraction of connections cut and grown at each evolution, in [0, 1)"),
            result("evolve-every", "N", "1", "Evolution", "epochs between evolutions"),
            result(
                    "prune",
                    "RULE",
                    "set",
                    "Evolution",
                    "set, set-reference (the published programs' counts), magnitude, random or largest"),
            result(
                    "grow-init",
                    "KIND",
                    null,
                    "Evolution",
                    "weights of new connections, as --init; default that of --init"),
            result(
                    "at-end",
                    "WHAT",
                    "prune",
                    "Evolution",
                    "after the last epoch: prune (the paper), none or evolve (published programs)"),
            flag(
                    "reset-velocity",
                    "Evolution",
                    "forget the optimizer's state at each evolution, as the published Keras program"),
            result("optimizer", "KIND", "sgd", "Optimizer", "sgd (with momentum), nesterov or adam"),
            result("learning-rate", "R", "0.01", "Optimizer", "learning rate"),
            result("lr-schedule", "KIND", "constant", "Optimizer", "constant, cosine or step:EPOCHS:FACTOR"),
            result("warm-up", "EPOCHS", "0", "Optimizer", "epochs over which the learning rate rises from 0"),
            result("momentum", "M", "0.9", "Optimizer", "momentum; first decay rate of adam"),
            result("beta2", "B", "0.999", "Optimizer", "second decay rate of adam"),
            result("adam-epsilon", "E", "1e-8", "Optimizer", "added to adam's denominator"),
            result("weight-decay", "D", "0.0002", "Optimizer", "pull of weights towards zero"),
            result(
                    "decay-form",
                    "KIND",
                    "coupled",
                    "Optimizer",
                    "coupled (added to the gradient), or unscaled (beside the step: published SciPy programs)"),
            result("batch-size", "N", "32", "Training", "samples a step"),
            result("epochs", "N", "30", "Training", "passes over the training samples"),
            result("seed", "N", "1", "Training", "names all random numbers of the run"),
            result("eval-every", "N", "1", "Training", "epochs between evaluations; the last is always evaluated"),
            result("target-accuracy", "A", null, "Training", "end when the evaluated accuracy reaches A"),
            run("max-time", "DURATION", null, "stop with a checkpoint after 90s, 30m, 2h or 1d (exit code 75)"),
            run("checkpoint-every", "N", "1", "epochs between checkpoints; the best and the last are always written"),
            run("out", "DIR", null, "run directory; default runs/DATA-TIME"),
            run("resume", null, "false", "go on with the run in --out, or start it where there is none"),
            run(
                    "backend",
                    "KIND",
                    "auto",
                    "cpu, cuda (an NVIDIA GPU), or auto: cpu; does not change results but with --spmm or --gemm"),
            run("device", "N", "0", "the GPU of --backend cuda"),
            run(
                    "data-memory",
                    "SIZE",
                    "auto",
                    "GPU memory for data sets, as 800M or 2G, or auto: what is free; the rest is sent batch by batch"),
            run("cuda-lib", "DIR", null, "where NVIDIA's libraries are, before all other places"),
            run(
                    "spmm",
                    "exact|cusparse",
                    "exact",
                    "sparse products of --backend cuda: our kernels, to the CPU's bits, or NVIDIA's cuSPARSE, close to"
                            + " them"),
            run(
                    "gemm",
                    "exact|cublas",
                    "exact",
                    "dense products of --backend cuda: our kernels, to the CPU's bits, or NVIDIA's cuBLAS, close to"
                            + " them"),
            run("tf32", null, "false", "let cuBLAS round factors to TF32, 10 bits of mantissa"),
            run("threads", "N", "0", "CPU threads, 0 for one a processor; does not change results"),
            run("simd", "auto|off", "auto", "Vector API kernels, or plain Java; does not change results"),
            run("tensorboard", null, "false", "write TensorBoard event files to RUN/tensorboard, scalars an epoch"),
            run("quiet", null, "false", "print the result only"),
            run("verbose", null, "false", "print more, and the whole trace of an error"));

    /** What a restricted Boltzmann machine has in place of the table's defaults. */
    public static final Map<String, String> RBM_DEFAULTS = Map.ofEntries(
            Map.entry("label", "none"),
            Map.entry("hidden", "500"),
            Map.entry("init", "normal:0.05"),
            Map.entry("epsilon", "11"),
            Map.entry("normalize", "range"),
            Map.entry("cd-steps", "1"),
            Map.entry("persistent", "false"),
            Map.entry("visible", "states"),
            Map.entry("visible-bias", "data"),
            Map.entry("binarize", "none"));

    /** What a convolutional network has in place of the table's defaults. */
    public static final Map<String, String> CNN_DEFAULTS = Map.of("layers", LayerGrammar.PAPER_CNN);

    private static final List<String> NOT_RBM = List.of(
            "augment",
            "activation",
            "task",
            "loss",
            "class-weights",
            "dropout",
            "sparse-output",
            "target-accuracy",
            "layers",
            "image");

    private static final List<String> NOT_REGRESSION = List.of("loss", "class-weights", "target-accuracy");

    /** What {@code layers} says in its own words. */
    private static final List<String> IN_LAYERS = List.of("hidden", "activation", "dropout", "sparse-output");

    private final Map<String, String> values;

    private Settings(Map<String, String> values) {
        this.values = values;
    }

    private static Setting data(String name, String argument, @Nullable String defaultValue, String help) {
        return new Setting(name, argument, defaultValue, "Data", Scope.DATA, help);
    }

    /** What a run starts from: a file, so it is kept where the data's files are. */
    private static Setting start(String name, @Nullable String argument, String help) {
        return new Setting(name, argument, argument == null ? "false" : null, "Start", Scope.DATA, help);
    }

    private static Setting result(
            String name, String argument, @Nullable String defaultValue, String group, String help) {
        return new Setting(name, argument, defaultValue, group, Scope.RESULT, help);
    }

    private static Setting machine(String name, @Nullable String argument, String help) {
        String none = argument == null ? "false" : null;
        return new Setting(name, argument, none, Setting.MACHINES, Scope.RESULT, help);
    }

    private static Setting flag(String name, String group, String help) {
        return new Setting(name, null, "false", group, Scope.RESULT, help);
    }

    private static Setting run(String name, @Nullable String argument, @Nullable String defaultValue, String help) {
        return new Setting(name, argument, defaultValue, "Run", Scope.RUN, help);
    }

    /**
     * Defaults, overridden by {@code given}.
     *
     * @throws IllegalArgumentException for a name that is not in the table, or two that say the same
     */
    public static Settings of(Map<String, String> given) {
        Map<String, String> own = ownDefaults(given.get("model"));
        boolean layers = given.containsKey("layers") || own.containsKey("layers");
        Map<String, String> values = new LinkedHashMap<>();
        for (Setting setting : TABLE) {
            String name = setting.name();
            String value = given.getOrDefault(name, own.getOrDefault(name, setting.defaultValue()));
            String reason = inapplicable(setting, given, layers);
            if (reason != null && given.containsKey(name)) {
                throw new IllegalArgumentException(reason);
            }
            if (reason == null && value != null) {
                values.put(name, value);
            }
        }
        given.keySet().forEach(Settings::named);
        if (given.containsKey("density")) {
            if (given.containsKey("epsilon")) {
                throw new IllegalArgumentException("give epsilon or density, not both");
            }
            values.remove("epsilon");
        }
        return new Settings(values);
    }

    /** The setting of a name. */
    public static Setting named(String name) {
        return TABLE.stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no setting " + name));
    }

    private static Map<String, String> ownDefaults(@Nullable String model) {
        return switch (model == null ? "" : model) {
            case "rbm" -> RBM_DEFAULTS;
            case "cnn" -> CNN_DEFAULTS;
            default -> Map.of();
        };
    }

    /** Why a setting has no meaning in a run; null if it has. */
    private static @Nullable String inapplicable(Setting setting, Map<String, String> given, boolean layers) {
        String name = setting.name();
        String model = given.get("model");
        boolean rbm = "rbm".equals(model);
        if (rbm && NOT_RBM.contains(name)) {
            return name + " does not apply to model rbm";
        }
        if (!rbm && setting.isOfMachines()) {
            return name + " applies to model rbm only";
        }
        if (!rbm && "regression".equals(given.get("task")) && NOT_REGRESSION.contains(name)) {
            return name + " does not apply to task regression";
        }
        if (!rbm && layers && IN_LAYERS.contains(name)) {
            return "give layers or " + name + ", not both" + ("cnn".equals(model) ? ": model cnn has layers" : "");
        }
        return !layers && name.equals("image") ? "image applies to networks given as layers only" : null;
    }

    /** The value of a setting that has a default. */
    public String get(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    /** The value of a setting, null where it has none. */
    public @Nullable String find(String name) {
        return values.get(name);
    }

    /** The value of a switch. */
    public boolean is(String name) {
        return parse(name, "true or false", text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> null;
        });
    }

    /** The value of a setting that is a whole number of at least {@code least}. */
    public int integer(String name, int least) {
        return parse(name, "a whole number of at least " + least, text -> {
            int value = Integer.parseInt(text);
            return value >= least ? value : null;
        });
    }

    /** The value of a setting that is a finite number in {@code range}. */
    public double number(String name, String range, Predicate<Double> inRange) {
        return parse(name, "a number " + range, text -> {
            double value = Double.parseDouble(text);
            return Double.isFinite(value) && inRange.test(value) ? value : null;
        });
    }

    /** Reads a value; {@code parser} answers null or throws NumberFormatException for one that will not do. */
    public <T> T parse(String name, String expected, Parser<T> parser) {
        String text = get(name);
        try {
            T value = parser.parse(text);
            if (value != null) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException(name + " must be " + expected + " but was '" + text + "'");
    }

    /** Reads a setting's text. */
    @FunctionalInterface
    public interface Parser<T> {
        /** The value, or null if the text will not do. */
        @Nullable
        T parse(String text);
    }

    /** The values of all settings of some scopes, in table order. */
    public Map<String, String> values(Scope... scopes) {
        Map<String, String> chosen = new LinkedHashMap<>();
        for (Setting setting : TABLE) {
            if (List.of(scopes).contains(setting.scope()) && values.containsKey(setting.name())) {
                chosen.put(setting.name(), get(setting.name()));
            }
        }
        return chosen;
    }
}
