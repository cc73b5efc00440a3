package coppice.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Loss;
import coppice.backend.Update.Kind;
import coppice.data.Augmentation;
import coppice.model.ActivationSpec;
import coppice.model.ContrastiveDivergence;
import coppice.model.Initializer;
import coppice.model.LayerGrammar;
import coppice.model.LayerSpec;
import coppice.model.LearningRateSchedule;
import coppice.model.Optimizer;
import coppice.topology.Density;
import coppice.topology.EvolutionSchedule;
import coppice.topology.EvolutionSchedule.AtEnd;
import coppice.topology.MagnitudePrune;
import coppice.topology.RandomPrune;
import coppice.topology.SetPrune;
import coppice.topology.SparsityDistribution;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings as the parts that use them. */
class TrainConfigTest {
    private static TrainConfig of(String name, String value) {
        return TrainConfig.of(Settings.of(Map.of(name, value)));
    }

    @Test
    void defaults() {
        TrainConfig config = TrainConfig.of(Settings.of(Map.of()));
        assertEquals(
                LayerSpec.multilayer(List.of(1000, 1000, 1000), ActivationSpec.parse("relu"), 0.3, false),
                config.layers());
        assertNull(config.image());
        assertEquals(Density.epsilon(20), config.sparsity().density());
        assertFalse(config.sparsity().dense());
        assertEquals(Initializer.parse("he"), config.sparsity().initializer());
        assertEquals(Initializer.parse("he"), config.rules().growInitializer());
        assertFalse(config.rules().resetVelocity());
        assertEquals(new EvolutionSchedule(1, AtEnd.PRUNE), config.schedule());
        assertEquals(new Optimizer(Kind.SGD, 0.9, 0.0002, false, 0.999, 1e-8), config.optimizer());
        assertEquals(LearningRateSchedule.parse("constant", 0.01, 0), config.learningRate());
        assertEquals(new TrainConfig.Loop(32, 30, 1, 1, 1, Double.POSITIVE_INFINITY), config.loop());
        assertEquals(4, config.modelSpec(784, null, 10).learned().size());
        assertNull(config.augmentation());
    }

    private static List<LayerSpec> hidden(List<Integer> sizes, boolean sparseOutput) {
        return LayerSpec.multilayer(sizes, ActivationSpec.parse("relu"), 0.3, sparseOutput);
    }

    @Test
    void everyNamedValue() {
        assertEquals(Loss.CROSS_ENTROPY, of("loss", "cross-entropy").loss());
        assertEquals(Loss.MSE, of("loss", "mse").loss());
        assertEquals(Loss.MSE_REFERENCE, of("loss", "mse-reference").loss());
        assertEquals(
                SparsityDistribution.ERDOS_RENYI,
                of("distribution", "erdos-renyi").sparsity().distribution());
        assertEquals(
                SparsityDistribution.UNIFORM,
                of("distribution", "uniform").sparsity().distribution());
        assertFalse(of("topology-draws", "exact").sparsity().withReplacement());
        assertTrue(of("topology-draws", "with-replacement").sparsity().withReplacement());
        assertEquals(Kind.SGD, of("optimizer", "sgd").optimizer().kind());
        assertEquals(Kind.NESTEROV, of("optimizer", "nesterov").optimizer().kind());
        assertEquals(Kind.ADAM, of("optimizer", "adam").optimizer().kind());
        assertFalse(of("decay-form", "coupled").optimizer().unscaledDecay());
        assertTrue(of("decay-form", "unscaled").optimizer().unscaledDecay());
        assertEquals(1, of("evolution", "set").schedule().every());
        assertEquals(0, of("evolution", "static").schedule().every());
        assertEquals(3, of("evolve-every", "3").schedule().every());
        assertEquals(AtEnd.PRUNE, of("at-end", "prune").schedule().atEnd());
        assertEquals(AtEnd.NONE, of("at-end", "none").schedule().atEnd());
        assertEquals(AtEnd.EVOLVE, of("at-end", "evolve").schedule().atEnd());
        assertEquals(
                new SetPrune(0.3, SetPrune.Counting.NEAREST),
                of("prune", "set").rules().evolution().prune());
        assertEquals(
                new SetPrune(0.3, SetPrune.Counting.REFERENCE),
                of("prune", "set-reference").rules().evolution().prune());
        assertEquals(
                new MagnitudePrune(0.3, false),
                of("prune", "magnitude").rules().evolution().prune());
        assertEquals(
                new MagnitudePrune(0.3, true),
                of("prune", "largest").rules().evolution().prune());
        assertEquals(
                new RandomPrune(0.3), of("prune", "random").rules().evolution().prune());
    }

    @Test
    void otherValues() {
        assertEquals(hidden(List.of(7), false), of("hidden", "7").layers());
        assertEquals(hidden(List.of(3, 2, 1), false), of("hidden", "3,2,1").layers());
        assertEquals(
                hidden(List.of(1000, 1000, 1000), true),
                of("sparse-output", "true").layers());
        assertEquals(
                LayerGrammar.parse("pool:2 dense:classes"),
                of("layers", "pool:2 dense:classes").layers());
        assertEquals(
                LayerGrammar.parse(LayerGrammar.PAPER_CNN), of("model", "cnn").layers());
        assertEquals(Density.share(0.25), of("density", "0.25").sparsity().density());
        assertTrue(of("dense", "true").sparsity().dense());
        assertTrue(of("reset-velocity", "true").rules().resetVelocity());
        assertEquals(Initializer.parse("zero"), of("grow-init", "zero").rules().growInitializer());
        assertEquals(Initializer.parse("xavier"), of("init", "xavier").rules().growInitializer());
        assertEquals(-5, of("seed", "-5").loop().seed());
        assertEquals(0.9, of("target-accuracy", "0.9").loop().targetAccuracy());
        assertEquals(
                Augmentation.parse("crop:4,flip"), of("augment", "crop:4,flip").augmentation());
        assertEquals(
                LearningRateSchedule.Shape.COSINE,
                of("lr-schedule", "cosine").learningRate().shape());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "model | tree | model must be mlp, cnn or rbm but was 'tree'",
                "cd-steps | 2 | cd-steps applies to model rbm only",
                "binarize | sample | binarize applies to model rbm only",
                "hidden | 10,0 | hidden must be whole numbers above 0, separated by commas but was '10,0'",
                "hidden | 10, | hidden must be whole numbers above 0, separated by commas but was '10,'",
                "hidden | x | hidden must be whole numbers above 0, separated by commas but was 'x'",
                "loss | l2 | loss must be cross-entropy, mse or mse-reference but was 'l2'",
                "dropout | 1 | dropout must be a number in [0, 1) but was '1'",
                "epsilon | 0 | epsilon must be a number above 0 but was '0'",
                "epsilon | Infinity | epsilon must be a number above 0 but was 'Infinity'",
                "density | 1.5 | density must be a number in (0, 1] but was '1.5'",
                "distribution | er | distribution must be erdos-renyi or uniform but was 'er'",
                "topology-draws | all | topology-draws must be exact or with-replacement but was 'all'",
                "sparse-output | 1 | sparse-output must be true or false but was '1'",
                "evolution | grow | evolution must be set or static but was 'grow'",
                "zeta | 1 | zeta must be a number in [0, 1) but was '1'",
                "evolve-every | 0 | evolve-every must be a whole number of at least 1 but was '0'",
                "prune | all | prune must be set, set-reference, magnitude, random or largest but was 'all'",
                "at-end | stop | at-end must be prune, none or evolve but was 'stop'",
                "optimizer | rms | optimizer must be sgd, nesterov or adam but was 'rms'",
                "learning-rate | 0 | learning-rate must be a number above 0 but was '0'",
                "warm-up | -1 | warm-up must be a number of at least 0 but was '-1'",
                "momentum | 1 | momentum must be a number in [0, 1) but was '1'",
                "beta2 | 1 | beta2 must be a number in [0, 1) but was '1'",
                "adam-epsilon | 0 | adam-epsilon must be a number above 0 but was '0'",
                "weight-decay | -1 | weight-decay must be a number in [0, 1) but was '-1'",
                "decay-form | l1 | decay-form must be coupled or unscaled but was 'l1'",
                "batch-size | 0 | batch-size must be a whole number of at least 1 but was '0'",
                "epochs | 9999999999 | epochs must be a whole number of at least 1 but was '9999999999'",
                "seed | one | seed must be a whole number but was 'one'",
                "eval-every | 0 | eval-every must be a whole number of at least 1 but was '0'",
                "checkpoint-every | 0 | checkpoint-every must be a whole number of at least 1 but was '0'",
                "layers | conv:3x3 relu | layers: word 2 'relu' is the last word, but the last layer must be"
                        + " dense:classes or sparse:classes",
                "target-accuracy | 0 | target-accuracy must be a number in (0, 1] but was '0'",
                "augment | crop:x | augment takes whole pixels above 0 in place of 'x' in 'crop:x'"
            })
    void refuses(String name, String value, String message) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> of(name, value))
                        .getMessage());
    }

    @Test
    void aMachineHasItsOwnDefaults() {
        TrainConfig config = of("model", "rbm");
        assertEquals("sparse:500", LayerSpec.format(config.layers()));
        assertEquals(new RbmConfig(new ContrastiveDivergence(1, false, true, false), null, true), config.rbm());
        assertEquals(1, config.modelSpec(784, null, 10).stages().size());
        assertEquals(500, config.modelSpec(784, null, 10).outputs());
        assertNull(of("model", "mlp").rbm());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hidden | 10,20 | hidden must be a whole number of at least 1 but was '10,20'",
                "cd-steps | 0 | cd-steps must be a whole number of at least 1 but was '0'",
                "visible | real | visible must be states or probabilities but was 'real'",
                "visible-bias | one | visible-bias must be data or zero but was 'one'",
                "binarize | maybe | binarize must be none, threshold, sample or resample but was 'maybe'",
                "dropout | 0.5 | dropout does not apply to model rbm",
                "augment | flip | augment does not apply to model rbm",
                "loss | mse | loss does not apply to model rbm"
            })
    void refusesForAMachine(String name, String value, String message) {
        assertEquals(
                message,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> TrainConfig.of(Settings.of(Map.of("model", "rbm", name, value))))
                        .getMessage());
    }
}
