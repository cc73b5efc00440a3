package coppice.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Activation;
import coppice.backend.Loss;
import coppice.backend.Pooling;
import coppice.model.LayerSpec.Convolution;
import coppice.model.LayerSpec.Fill;
import coppice.model.LayerSpec.Full;
import coppice.model.LayerSpec.Operation;
import coppice.model.LayerSpec.Pool;
import coppice.topology.Density;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The words of --layers, and the shapes that they make. */
class LayerGrammarTest {
    private static LayerSpec layer(Operation operation, String activation, double dropout) {
        return new LayerSpec(operation, activation.isEmpty() ? null : ActivationSpec.parse(activation), dropout);
    }

    private static ModelSpec spec(String layers, int features, @Nullable Shape image, double epsilon, boolean dense) {
        ModelSpec.Sparsity sparsity = Networks.sparsity(epsilon, "he");
        return ModelSpec.of(
                LayerGrammar.parse(layers),
                features,
                image,
                10,
                Loss.CROSS_ENTROPY,
                new ModelSpec.Sparsity(
                        dense, sparsity.density(), sparsity.distribution(), false, sparsity.initializer()));
    }

    private static ModelSpec paper(boolean dense) {
        return spec(LayerGrammar.PAPER_CNN, 3072, new Shape(3, 32, 32), 20, dense);
    }

    @Test
    void everyWord() {
        assertEquals(
                List.of(
                        layer(new Convolution(32, 3, 1, false, Fill.DENSE), "relu", 0.25),
                        layer(new Convolution(8, 5, 2, true, Fill.DENSE), "", 0),
                        layer(new Convolution(9, 1, 1, false, Fill.SPARSE), "leaky:0.2", 0),
                        layer(new Convolution(7, 3, 3, true, new Fill(true, Density.share(0.125))), "allrelu", 0),
                        layer(new Pool(Pooling.MAX, 2, 2), "", 0.5),
                        layer(new Pool(Pooling.MAX, 3, 2), "", 0),
                        layer(new Pool(Pooling.AVERAGE, 2, 1), "", 0),
                        layer(new Full(2048, Fill.SPARSE), "srelu", 0),
                        layer(new Full(10, new Fill(true, Density.epsilon(1.5))), "tanh", 0.00002),
                        layer(new Full(11, Fill.DENSE), "sigmoid", 0),
                        layer(new Full(Full.CLASSES, new Fill(true, Density.share(1))), "", 0)),
                LayerGrammar.parse("""
                         conv:32x3,same relu  dropout:0.25 conv:8x5,stride=2,valid
                        sparse-conv:9x1 leaky:0.2\tsparse-conv:7x3,density=0.125,valid,stride=3 allrelu:0.6
                        pool:2 dropout:.5 pool:3,stride=2 avgpool:2,stride=1
                        sparse:2048 srelu sparse:10,epsilon=1.5 tanh dropout:2e-5 dense:11 sigmoid
                        sparse:classes,density=1
                        """));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatIsWrittenReadsBackAsItWas(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 50; round++) {
            List<LayerSpec> layers = new ArrayList<>();
            int images = random.nextInt(4);
            for (int i = 0; i < images; i++) {
                layers.add(amended(image(random), random));
            }
            for (int i = random.nextInt(4); i > 0; i--) {
                layers.add(amended(new Full(1 + random.nextInt(3000), fill(random)), random));
            }
            layers.add(LayerSpec.of(new Full(Full.CLASSES, fill(random))));
            String text = LayerSpec.format(layers);
            assertEquals(layers, LayerGrammar.parse(text), text);
            assertEquals(text, LayerSpec.format(LayerGrammar.parse(text)));
        }
    }

    private static Operation image(SplittableRandom random) {
        int kernel = 1 + random.nextInt(5);
        int stride = 1 + random.nextInt(5);
        return random.nextInt(3) == 0
                ? new Pool(random.nextBoolean() ? Pooling.MAX : Pooling.AVERAGE, kernel, stride)
                : new Convolution(1 + random.nextInt(99), kernel, stride, random.nextBoolean(), fill(random));
    }

    private static Fill fill(SplittableRandom random) {
        return switch (random.nextInt(4)) {
            case 0 -> Fill.DENSE;
            case 1 -> new Fill(true, Density.share(1 - random.nextDouble()));
            case 2 -> new Fill(true, Density.epsilon(1e-6 + 1e6 * random.nextDouble()));
            default -> Fill.SPARSE;
        };
    }

    private static LayerSpec amended(Operation operation, SplittableRandom random) {
        List<String> names =
                List.of("", "relu", "leaky", "leaky:0.125", "allrelu:" + (float) random.nextDouble(), "srelu");
        String activation = operation instanceof Pool ? "" : names.get(random.nextInt(names.size()));
        return layer(operation, activation, random.nextBoolean() ? 0 : 0.00001 + 0.9 * random.nextDouble());
    }

    @Test
    void hiddenIsTheShortForm() {
        assertEquals(
                LayerGrammar.parse("sparse:30 srelu dropout:0.3 sparse:20 srelu dropout:0.3 dense:classes"),
                LayerSpec.multilayer(List.of(30, 20), ActivationSpec.parse("srelu"), 0.3, false));
        assertEquals(
                LayerGrammar.parse("sparse:30 leaky sparse:classes"),
                LayerSpec.multilayer(List.of(30), ActivationSpec.parse("leaky:0.01"), 0, true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "cnov:32x3 dense:classes | word 1 'cnov:32x3' is no layer; expected conv:FILTERSxKERNEL, ",
                "conv:32 dense:classes | word 1 'conv:32' must be conv:FILTERSxKERNEL with whole numbers above 0",
                "conv dense:classes | word 1 'conv' must be conv:FILTERSxKERNEL",
                "conv:0x3 dense:classes | word 1 'conv:0x3' must be conv:FILTERSxKERNEL",
                "conv:3x-3 dense:classes | word 1 'conv:3x-3' must be",
                "conv:3x3x3 dense:classes | word 1 'conv:3x3x3' must be",
                "conv:99999999999x3 dense:classes | word 1 'conv:99999999999x3' must be",
                "conv:3x3, dense:classes | word 1 'conv:3x3,' must be",
                "conv:3x3,stride dense:classes | word 1 'conv:3x3,stride' must be",
                "conv:3x3,stride=0 dense:classes | word 1 'conv:3x3,stride=0' must be",
                "conv:3x3,stride=2,stride=2 dense:classes | word 1 'conv:3x3,stride=2,stride=2' must be",
                "conv:3x3,valid=1 dense:classes | word 1 'conv:3x3,valid=1' must be",
                "conv:3x3,valid,same dense:classes | word 1 'conv:3x3,valid,same' must be",
                "conv:3x3,density=0.5 dense:classes | word 1 'conv:3x3,density=0.5' must be conv:",
                "sparse-conv:3x3,density=2 dense:classes | is wrong: density must be in (0, 1] but was 2.0",
                "sparse-conv:3x3,density=x dense:classes | word 1 'sparse-conv:3x3,density=x' must be sparse-conv:",
                "conv:3x3 relu pool:2x2 dense:classes | word 3 'pool:2x2' must be pool:KERNEL with a whole number",
                "avgpool dense:classes | word 1 'avgpool' must be avgpool:KERNEL",
                "pool:2,valid dense:classes | word 1 'pool:2,valid' must be pool:KERNEL",
                "sparse:12,density=0.1,epsilon=3 dense:classes | word 1 'sparse:12,density=0.1,epsilon=3' must be",
                "sparse:1e3 dense:classes | word 1 'sparse:1e3' must be sparse:NEURONS or sparse:classes",
                "sparse:5,epsilon=0 dense:classes | is wrong: epsilon must be above 0 but was 0.0",
                "sparse:5,epsilon=1e999 dense:classes | is wrong: epsilon must be above 0 but was Infinity",
                "sparse:5,epsilon=. dense:classes | word 1 'sparse:5,epsilon=.' must be",
                "dense:5,density=0.1 dense:classes | word 1 'dense:5,density=0.1' must be dense:NEURONS",
                "relu dense:classes | word 1 'relu' needs a layer before it",
                "dropout:0.3 dense:classes | word 1 'dropout:0.3' needs a layer before it",
                "sparse:5 relu tanh dense:classes | word 3 'tanh' must follow its layer 'sparse:5' at once",
                "sparse:5 dropout:0.2 relu dense:classes | word 3 'relu' must follow its layer 'sparse:5' at once, but"
                        + " 'dropout:0.2' is between",
                "sparse:5 relu dropout:0.2 dropout:0.2 dense:classes | word 4 'dropout:0.2' is the second dropout",
                "sparse:5 leaky:2 dense:classes | word 2 'leaky:2' is wrong: the slope of an activation",
                "sparse:5 relu:1 dense:classes | word 2 'relu:1' is wrong: activation relu takes no slope",
                "sparse:5 selu dense:classes | word 2 'selu' is no layer; expected",
                "sparse:5 dropout dense:classes | word 2 'dropout' must be dropout:SHARE",
                "sparse:5 dropout:0 dense:classes | word 2 'dropout:0' must be dropout:SHARE with a share above 0",
                "sparse:5 dropout:1 dense:classes | word 2 'dropout:1' must be dropout:SHARE",
                "conv:3x3 pool:2 relu dense:classes | word 3 'relu' follows pooling, which has no activation",
                "sparse:5 conv:3x3 dense:classes | word 2 'conv:3x3' takes images but follows 'sparse:5'",
                "sparse:5 relu pool:2 dense:classes | word 3 'pool:2' takes images but follows 'sparse:5'",
                "dense:classes sparse:5 | word 2 'sparse:5' follows the outputs 'dense:classes'",
                "dense:classes relu | word 2 'relu' follows the outputs, which have neither activation nor dropout",
                "dense:classes dropout:0.1 | word 2 'dropout:0.1' follows the outputs",
                "sparse:5 relu | word 2 'relu' is the last word, but the last layer must be dense:classes or",
                "conv:3x3 | word 1 'conv:3x3' is the last word, but the last layer must be dense:classes",
                "\" \" | layers is empty; expected words as in 'conv:32x3 relu"
            })
    void refusesAWordAndSaysWhatWasExpected(String layers, String said) {
        refused(() -> LayerGrammar.parse(layers), said);
    }

    private static void refused(Executable wrong, String said) {
        String message = String.valueOf(
                assertThrows(IllegalArgumentException.class, wrong).getMessage());
        assertTrue(message.startsWith("layers"), message);
        assertTrue(message.contains(said), message);
        assertFalse(message.contains("\n"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "conv:4x3 relu dropout:0.1 pool:9 dense:classes | word 4 'pool:9' does not fit: a window of 9 x 9 does"
                        + " not fit an image of 8 x 8",
                "pool:2 pool:2 pool:2 pool:2 dense:classes | word 4 'pool:2' does not fit: a window of 2 x 2 does not"
                        + " fit an image of 1 x 1",
                "conv:4x9,valid dense:classes | word 1 'conv:4x9,valid' does not fit: a window of 9 x 9",
                "conv:40000000x3 dense:classes | word 1 'conv:40000000x3' does not fit: an image of 40000000x8x8 has",
                "conv:300000x90,valid,stride=9 dense:classes | word 1 'conv:300000x90,stride=9,valid' does not fit",
                "conv:9x99999 dense:classes | word 1 'conv:9x99999' does not fit: more than 2^31 - 1 values"
            })
    void refusesAShapeThatDoesNotFit(String layers, String said) {
        refused(() -> spec(layers, 64, new Shape(1, 8, 8), 20, false), said);
    }

    @Test
    void refusesFeaturesThatFormNoImage() {
        refused(
                () -> spec("pool:2 dense:classes", 64, null, 20, false),
                "word 1 'pool:2' takes images, but the data do not say how their 64 features form one");
        assertEquals(
                "an image of 3x5x5 has other than the 64 features of a sample",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> spec("pool:2 dense:classes", 64, new Shape(3, 5, 5), 20, false))
                        .getMessage());
        assertNull(spec("sparse:5 relu dense:classes", 64, new Shape(1, 8, 8), 20, false)
                .image());
    }

    @Test
    void shapesOfLayers() {
        ModelSpec spec = spec(
                "conv:4x3,stride=2 relu conv:5x2,valid pool:2,stride=1 avgpool:3 sparse:7 dense:classes",
                3 * 15 * 13,
                new Shape(3, 15, 13),
                20,
                false);
        assertEquals(
                List.of("4x8x7", "5x7x6", "5x6x5", "5x2x1", "7", "10"),
                spec.stages().stream().map(stage -> stage.output().toString()).toList());
        assertEquals(
                List.of(4, 27, 5, 16, 7, 10, 10, 7),
                spec.learned().stream()
                        .flatMap(stage -> Stream.of(stage.outputs(), stage.inputs()))
                        .toList());
        assertEquals(new Shape(3, 15, 13), spec.image());
        assertEquals(10, spec.outputs());
    }

    @Test
    void allReluAlternatesOverLayersOfWeights() {
        ModelSpec spec = spec(
                "conv:2x3 allrelu:0.5 pool:2 conv:2x3 allrelu:0.5 pool:2 sparse:7 allrelu:0.5 dense:classes",
                64,
                new Shape(1, 8, 8),
                20,
                false);
        assertEquals(
                List.of(-0.5f, 0.5f, -0.5f, 0f),
                spec.learned().stream().map(stage -> stage.activation().slope()).toList());
        assertEquals(Activation.IDENTITY, spec.stages().get(1).activation());
    }

    /** Counts as Mocanu et al. (2018) give them for CIFAR-10, or as they follow from their equation 1. */
    @Test
    void thePaperNetworkHasThePublishedNumbers() {
        List<LayerState> dense = Networks.draw(paper(true), 1, 2);
        long[] parameters = dense.stream().mapToLong(LayerState::parameters).toArray();
        assertEquals(287_008, Arrays.stream(parameters).limit(6).sum());
        assertEquals(8_413_194, Arrays.stream(parameters).skip(6).sum());
        int[] connections = paper(false).connections();
        assertEquals(-1, IntStream.of(connections).limit(6).distinct().sum());
        assertEquals(2 * 20 * (2048 + 2048), connections[6] + connections[7]);
        assertEquals(184_330, connections[6] + connections[7] + dense.get(8).parameters());
        assertEquals(LayerGrammar.PAPER_CNN, LayerSpec.format(LayerGrammar.parse(LayerGrammar.PAPER_CNN)));
    }

    @Test
    void aLayerMayHaveItsOwnDensity() {
        int[] connections = spec(
                        "sparse:100,density=0.25 sparse:100 sparse:50,epsilon=2 sparse:200,density=1 sparse:classes",
                        80,
                        null,
                        3,
                        false)
                .connections();
        assertEquals(
                List.of(2000, 600, 300, -1, 630),
                IntStream.of(connections).boxed().toList());
        assertEquals(
                List.of(-1, -1),
                IntStream.of(spec("sparse:100,density=0.25 dense:classes", 80, null, 3, true)
                                .connections())
                        .boxed()
                        .toList());
    }

    /** Filters count as outputs, the pixels of their window in all channels as inputs. */
    @Test
    void sparseFiltersFollowTheSameEquation() {
        int[] connections = spec(
                        "sparse-conv:16x3 relu sparse-conv:64x3 relu dense:classes", 64, new Shape(1, 8, 8), 4, false)
                .connections();
        assertEquals(
                List.of(4 * (9 + 16), 4 * (16 * 9 + 64), -1),
                IntStream.of(connections).boxed().toList());
    }
}
