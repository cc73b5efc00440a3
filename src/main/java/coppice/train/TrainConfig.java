package coppice.train;

import coppice.backend.Backend;
import coppice.backend.Loss;
import coppice.backend.Update;
import coppice.data.Augmentation;
import coppice.data.Dataset;
import coppice.data.ImageShape;
import coppice.model.ActivationSpec;
import coppice.model.EvolutionRules;
import coppice.model.Initializer;
import coppice.model.LayerGrammar;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.LearningRateSchedule;
import coppice.model.Model;
import coppice.model.ModelSpec;
import coppice.model.Network;
import coppice.model.Optimizer;
import coppice.model.Rbm;
import coppice.model.Shape;
import coppice.topology.Density;
import coppice.topology.Evolution;
import coppice.topology.EvolutionSchedule;
import coppice.topology.MagnitudePrune;
import coppice.topology.PruneRule;
import coppice.topology.RandomPrune;
import coppice.topology.SetPrune;
import coppice.topology.SparsityDistribution;
import coppice.topology.UniformGrow;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run learns and how: the settings that its numbers depend on, as the parts that use them.
 *
 * @param layers what the network is made of; of a machine its hidden units
 * @param image how features form an image; null for what the data say
 * @param loss what is minimised
 * @param sparsity how layers are connected
 * @param rules how topology changes
 * @param schedule when it does
 * @param optimizer how weights follow gradients
 * @param learningRate of each step
 * @param loop sizes and ends of the loop
 * @param augmentation of training images; null for none
 * @param rbm what a restricted Boltzmann machine needs; null for a network
 */
public record TrainConfig(
        List<LayerSpec> layers,
        @Nullable Shape image,
        Loss loss,
        ModelSpec.Sparsity sparsity,
        EvolutionRules rules,
        EvolutionSchedule schedule,
        Optimizer optimizer,
        LearningRateSchedule learningRate,
        Loop loop,
        @Nullable Augmentation augmentation,
        @Nullable RbmConfig rbm) {

    /**
     * Sizes and ends of the training loop.
     *
     * @param batchSize samples a step
     * @param epochs passes over the training samples
     * @param seed names all random numbers
     * @param evalEvery epochs between evaluations
     * @param checkpointEvery epochs between checkpoints
     * @param targetAccuracy ends the run; above 1 for never
     */
    public record Loop(
            int batchSize, int epochs, long seed, int evalEvery, int checkpointEvery, double targetAccuracy) {}

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what was expected
     */
    public static TrainConfig of(Settings settings) {
        boolean rbm = settings.parse("model", "mlp, cnn or rbm", text -> switch (text) {
            case "mlp", "cnn" -> false;
            case "rbm" -> true;
            default -> null;
        });
        return new TrainConfig(
                layers(settings, rbm),
                settings.find("image") == null ? null : Shape.parse(settings.get("image")),
                rbm ? Loss.MSE : loss(settings),
                sparsity(settings),
                rules(settings),
                schedule(settings),
                optimizer(settings),
                LearningRateSchedule.parse(
                        settings.get("lr-schedule"),
                        settings.number("learning-rate", "above 0", rate -> rate > 0),
                        settings.number("warm-up", "of at least 0", epochs -> epochs >= 0)),
                loop(settings),
                settings.find("augment") == null ? null : Augmentation.parse(settings.get("augment")),
                rbm ? RbmConfig.of(settings) : null);
    }

    private static Loss loss(Settings settings) {
        boolean regression = settings.parse("task", "classification or regression", text -> switch (text) {
            case "classification" -> false;
            case "regression" -> true;
            default -> null;
        });
        if (regression) {
            return Loss.SQUARED_ERROR;
        }
        return settings.parse("loss", "cross-entropy, mse or mse-reference", text -> switch (text) {
            case "cross-entropy" -> Loss.CROSS_ENTROPY;
            case "mse" -> Loss.MSE;
            case "mse-reference" -> Loss.MSE_REFERENCE;
            default -> null;
        });
    }

    private static List<LayerSpec> layers(Settings settings, boolean rbm) {
        String words = settings.find("layers");
        if (words != null) {
            return LayerGrammar.parse(words);
        }
        if (rbm) {
            return List.of(LayerSpec.of(new LayerSpec.Full(settings.integer("hidden", 1), LayerSpec.Fill.SPARSE)));
        }
        List<Integer> hidden = settings.parse("hidden", "whole numbers above 0, separated by commas", text -> {
            List<Integer> sizes =
                    Arrays.stream(text.split(",", -1)).map(Integer::valueOf).toList();
            return sizes.stream().allMatch(size -> size > 0) ? sizes : null;
        });
        return LayerSpec.multilayer(
                hidden,
                ActivationSpec.parse(settings.get("activation")),
                settings.number("dropout", "in [0, 1)", p -> p >= 0 && p < 1),
                settings.is("sparse-output"));
    }

    private static ModelSpec.Sparsity sparsity(Settings settings) {
        Density density = settings.find("density") == null
                ? Density.epsilon(settings.number("epsilon", "above 0", e -> e > 0))
                : Density.share(settings.number("density", "in (0, 1]", d -> d > 0 && d <= 1));
        return new ModelSpec.Sparsity(
                settings.is("dense"),
                density,
                settings.parse("distribution", "erdos-renyi or uniform", text -> switch (text) {
                    case "erdos-renyi" -> SparsityDistribution.ERDOS_RENYI;
                    case "uniform" -> SparsityDistribution.UNIFORM;
                    default -> null;
                }),
                settings.parse("topology-draws", "exact or with-replacement", text -> switch (text) {
                    case "exact" -> false;
                    case "with-replacement" -> true;
                    default -> null;
                }),
                Initializer.parse(settings.get("init")));
    }

    private static EvolutionRules rules(Settings settings) {
        double zeta = settings.number("zeta", "in [0, 1)", z -> z >= 0 && z < 1);
        PruneRule prune = settings.<PruneRule>parse(
                "prune", "set, set-reference, magnitude, random or largest", text -> switch (text) {
                    case "set" -> new SetPrune(zeta, SetPrune.Counting.NEAREST);
                    case "set-reference" -> new SetPrune(zeta, SetPrune.Counting.REFERENCE);
                    case "magnitude" -> new MagnitudePrune(zeta, false);
                    case "largest" -> new MagnitudePrune(zeta, true);
                    case "random" -> new RandomPrune(zeta);
                    default -> null;
                });
        String growInit = settings.find("grow-init");
        return new EvolutionRules(
                new Evolution(prune, new UniformGrow()),
                Initializer.parse(growInit == null ? settings.get("init") : growInit),
                settings.is("reset-velocity"));
    }

    private static EvolutionSchedule schedule(Settings settings) {
        int every = settings.integer("evolve-every", 1);
        boolean evolves = settings.parse("evolution", "set or static", text -> switch (text) {
            case "set" -> true;
            case "static" -> false;
            default -> null;
        });
        return new EvolutionSchedule(
                evolves ? every : 0, settings.parse("at-end", "prune, none or evolve", text -> switch (text) {
                    case "prune" -> EvolutionSchedule.AtEnd.PRUNE;
                    case "none" -> EvolutionSchedule.AtEnd.NONE;
                    case "evolve" -> EvolutionSchedule.AtEnd.EVOLVE;
                    default -> null;
                }));
    }

    private static Optimizer optimizer(Settings settings) {
        return new Optimizer(
                settings.parse("optimizer", "sgd, nesterov or adam", text -> switch (text) {
                    case "sgd" -> Update.Kind.SGD;
                    case "nesterov" -> Update.Kind.NESTEROV;
                    case "adam" -> Update.Kind.ADAM;
                    default -> null;
                }),
                settings.number("momentum", "in [0, 1)", m -> m >= 0 && m < 1),
                settings.number("weight-decay", "in [0, 1)", d -> d >= 0 && d < 1),
                settings.parse("decay-form", "coupled or unscaled", text -> switch (text) {
                    case "coupled" -> false;
                    case "unscaled" -> true;
                    default -> null;
                }),
                settings.number("beta2", "in [0, 1)", b -> b >= 0 && b < 1),
                settings.number("adam-epsilon", "above 0", e -> e > 0));
    }

    private static Loop loop(Settings settings) {
        return new Loop(
                settings.integer("batch-size", 1),
                settings.integer("epochs", 1),
                settings.parse("seed", "a whole number", Long::valueOf),
                settings.integer("eval-every", 1),
                settings.integer("checkpoint-every", 1),
                settings.find("target-accuracy") == null
                        ? Double.POSITIVE_INFINITY
                        : settings.number("target-accuracy", "in (0, 1]", a -> a > 0 && a <= 1));
    }

    /** Whether samples have classes to be right about. */
    public boolean classifies() {
        return rbm == null && !regression();
    }

    /** Whether a number is predicted. */
    public boolean regression() {
        return loss == Loss.SQUARED_ERROR;
    }

    /**
     * The shape for a data set, with one output for a number; a machine is one layer of weights whose outputs are the
     * hidden units.
     */
    public ModelSpec modelSpec(Dataset train) {
        ImageShape own = train.imageShape();
        return modelSpec(
                train.featureCount(),
                own == null ? null : new Shape(own.channels(), own.height(), own.width()),
                train.classes().size());
    }

    /**
     * The shape for samples.
     *
     * @param own how their features form an image as far as the data say; null if they do not
     */
    public ModelSpec modelSpec(int features, @Nullable Shape own, int classes) {
        int outputs = classifies() ? classes : 1; // a machine has no use for classes
        return ModelSpec.of(layers, features, image == null ? own : image, outputs, loss, sparsity);
    }

    /** What these settings train, on a backend; the arguments as those of {@link Network} and {@link Rbm}. */
    public Model model(Backend backend, ModelSpec spec, List<LayerState> layers, int stateBuffers, int batch) {
        return rbm == null
                ? new Network(backend, spec, layers, stateBuffers, batch, loop.seed())
                : new Rbm(backend, rbm.divergence(), layers.get(0), stateBuffers, batch, loop.seed());
    }
}
