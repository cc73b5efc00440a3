package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import coppice.data.Datasets;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.model.LayerState;
import coppice.run.Checkpoint;
import coppice.run.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ONNX files, executed by ONNX Runtime on raw features beside our own predictions. */
class OnnxExportTest {
    private static final double TOLERANCE = 1e-5;

    /** The outputs of a model by name. */
    private static Map<String, float[][]> execute(Path model, float[][] samples) throws OrtException {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession session = environment.createSession(model.toString());
                OnnxTensor input = OnnxTensor.createTensor(environment, samples);
                OrtSession.Result result = session.run(Map.of("input", input))) {
            Map<String, float[][]> outputs = new LinkedHashMap<>();
            for (var output : result) {
                outputs.put(output.getKey(), (float[][]) output.getValue().getValue());
            }
            return outputs;
        }
    }

    private static float[][] output(Map<String, float[][]> outputs, String name) {
        return required(outputs.get(name));
    }

    private static <T> T required(@Nullable T value) {
        assertNotNull(value);
        return Objects.requireNonNull(value);
    }

    /** All digits as they are in the data set. */
    private static float[][] digits() {
        DenseMatrix features = (DenseMatrix) Datasets.digits().features();
        float[][] samples = new float[features.rows()][];
        for (int row = 0; row < samples.length; row++) {
            int start = row * features.columns();
            samples[row] = Arrays.copyOfRange(features.values(), start, start + features.columns());
        }
        return samples;
    }

    private static Path table(float[][] samples, Path directory) throws IOException {
        List<String> lines = Stream.of(samples)
                .map(sample -> IntStream.range(0, sample.length)
                        .mapToObj(c -> Float.toString(sample[c]))
                        .collect(Collectors.joining(",")))
                .toList();
        return Files.write(directory.resolve("samples.csv"), lines);
    }

    /** Our own predictions of samples, through a text file. */
    private static float[][] predict(Path from, float[][] samples, Path directory) throws IOException {
        Path file = table(samples, directory);
        Cli predicted = Cli.run(
                "predict",
                "--from",
                from.toString(),
                "--data",
                file.toString(),
                "--label",
                "none",
                "--header",
                "no",
                "--probabilities");
        assertEquals(ExitCode.DONE, predicted.code(), predicted.err());
        return predicted.lines().stream()
                .skip(1)
                .map(line -> {
                    String[] cells = line.split(",", -1);
                    float[] probabilities = new float[cells.length - 3];
                    for (int k = 0; k < probabilities.length; k++) {
                        probabilities[k] = Float.parseFloat(cells[k + 3]);
                    }
                    return probabilities;
                })
                .toArray(float[][]::new);
    }

    private static void assertClose(float[][] expected, float[][] actual) {
        assertEquals(expected.length, actual.length);
        for (int row = 0; row < expected.length; row++) {
            assertEquals(expected[row].length, actual[row].length);
            for (int k = 0; k < expected[row].length; k++) {
                assertEquals(expected[row][k], actual[row][k], TOLERANCE, "row " + row + ", output " + k);
            }
        }
    }

    private static Cli export(Path from, Path out, String... more) {
        List<String> words = new ArrayList<>(List.of("export", "--from", from.toString(), "--out", out.toString()));
        words.addAll(List.of(more));
        return Cli.run(words.toArray(String[]::new));
    }

    private static void requireDone(Cli run) {
        assertEquals(ExitCode.DONE, run.code(), run.err());
    }

    @Test
    void predictsTheDigitsAsCoppiceDoes(@TempDir Path temp) throws Exception {
        Path run = temp.resolve("run");
        requireDone(Cli.train(run, "--hidden", "300,200", "--epochs", "5"));
        Path model = temp.resolve("digits.onnx");
        Cli exported = export(run, model);
        requireDone(exported);
        assertTrue(
                exported.out().matches("file .*digits.onnx  format onnx  bytes \\d+  connections \\d+\\R"),
                exported.out());
        float[][] samples = digits();
        Map<String, float[][]> outputs = execute(model, samples);
        float[][] own = predict(run, samples, temp);
        assertClose(own, output(outputs, "probabilities"));
        int right = 0;
        for (int row = 0; row < samples.length; row++) {
            float[] logits = output(outputs, "logits")[row];
            int best = 0;
            double sum = 0;
            for (int k = 0; k < 10; k++) {
                best = logits[k] > logits[best] ? k : best;
                sum += Math.exp(logits[k]);
            }
            assertEquals(Math.exp(logits[best]) / sum, output(outputs, "probabilities")[row][best], TOLERANCE);
            right += best == Datasets.digits().labels()[row] ? 1 : 0;
        }
        assertTrue(right > 0.9 * samples.length, right + " of " + samples.length);
    }

    @Test
    void saysWhatItIs(@TempDir Path temp) throws Exception {
        Path table = Files.writeString(temp.resolve("table.csv"), "x,y,kind\n0,1,rot\n1,0,grün\n0,2,rot\n2,0,grün\n");
        Path run = temp.resolve("run");
        requireDone(Cli.train(run, "--data", table.toString(), "--test-fraction", "0"));
        Path model = temp.resolve("table.onnx");
        requireDone(export(run, model));
        try (OrtSession session = OrtEnvironment.getEnvironment().createSession(model.toString())) {
            assertEquals(List.of("input"), List.copyOf(session.getInputNames()));
            assertEquals(List.of("probabilities", "logits"), List.copyOf(session.getOutputNames()));
            TensorInfo input =
                    (TensorInfo) required(session.getInputInfo().get("input")).getInfo();
            assertArrayEquals(new long[] {-1, 2}, input.getShape());
            assertArrayEquals(new String[] {"batch", ""}, input.getDimensionNames());
            Map<String, String> metadata = session.getMetadata().getCustomMetadata();
            assertEquals(List.of("grün", "rot"), Json.parse(required(metadata.get("classes")), List.class));
            assertEquals(
                    "32,16",
                    Json.parse(required(metadata.get("configuration")), Map.class)
                            .get("hidden"));
            assertEquals("Coppice", session.getMetadata().getProducerName());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--activation relu --loss mse",
                "--activation leaky:0.1 --sparse-output --density 0.2",
                "--activation allrelu:0.6 --normalize minmax",
                "--activation srelu --normalize none --learning-rate 0.001",
                "--activation tanh --density 0.7",
                "--activation sigmoid --dense"
            })
    void everyActivationGivesTheSame(String options, @TempDir Path temp) throws Exception {
        Path run = temp.resolve("run");
        requireDone(Cli.train(run, (options + " --hidden 33,20,17 --epochs 3").split(" ", -1)));
        float[][] samples = new float[37][64];
        SplittableRandom random = new SplittableRandom(1);
        for (float[] sample : samples) {
            for (int c = 0; c < sample.length; c++) {
                sample[c] = (float) random.nextDouble(-4, 20);
            }
        }
        float[][] own = predict(run, samples, temp);
        Path model = temp.resolve("model.onnx");
        requireDone(export(run, model));
        assertClose(own, output(execute(model, samples), "probabilities"));
        Path dense = temp.resolve("dense.onnx");
        requireDone(export(run, dense, "--dense-weights"));
        assertClose(own, output(execute(dense, samples), "probabilities"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "conv:5x3 relu pool:2 sparse-conv:6x3,stride=2,density=0.5 srelu sparse:20 tanh dense:classes",
                "avgpool:2 conv:4x2 leaky:0.1 conv:3x3,valid relu avgpool:2,stride=1 dense:classes",
                "pool:3,stride=2 dense:15 relu dense:classes"
            })
    void convolutionsGiveTheSame(String layers, @TempDir Path temp) throws Exception {
        Path run = temp.resolve("run");
        requireDone(Cli.run(
                "train", "--layers", layers, "--train-samples", "300", "--epochs", "2", "--out", run.toString()));
        Path model = temp.resolve("model.onnx");
        requireDone(export(run, model));
        float[][] samples = digits();
        assertClose(predict(run, samples, temp), output(execute(model, samples), "probabilities"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "threshold"})
    void givesTheHiddenProbabilitiesOfAMachine(String binarize, @TempDir Path temp) throws Exception {
        Path run = temp.resolve("run");
        requireDone(Cli.train(run, "--model", "rbm", "--hidden", "12", "--binarize", binarize));
        Path features = temp.resolve("features.npy");
        float[][] samples = digits();
        Path table = table(samples, temp);
        requireDone(Cli.run(
                "predict",
                "--from",
                run.toString(),
                "--data",
                table.toString(),
                "--features",
                "--out",
                features.toString()));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(features)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(10 + bytes.getShort(8));
        float[][] own = new float[samples.length][12];
        for (float[] row : own) {
            for (int k = 0; k < row.length; k++) {
                row[k] = bytes.getFloat();
            }
        }
        Path model = temp.resolve("machine.onnx");
        requireDone(export(run, model));
        Map<String, float[][]> outputs = execute(model, samples);
        assertEquals(List.of("hidden_probabilities"), List.copyOf(outputs.keySet()));
        assertClose(own, output(outputs, "hidden_probabilities"));
    }

    @Test
    void saysThatStatesAreNotDrawn(@TempDir Path temp) {
        Path run = temp.resolve("run");
        requireDone(Cli.train(run, "--model", "rbm", "--hidden", "12", "--binarize", "resample", "--epochs", "1"));
        Cli exported = export(run, temp.resolve("machine.onnx"));
        requireDone(exported);
        assertTrue(exported.err().contains("takes the probabilities themselves"), exported.err());
    }

    /** Takes 12 bytes a connection, and loads although a row has none. */
    @Test
    void sparseLayersStaySmall(@TempDir Path temp) throws Exception {
        Path checkpoint = temp.resolve("wide.safetensors");
        write(checkpoint, 2000);
        Path model = temp.resolve("wide.onnx");
        requireDone(export(checkpoint, model));
        long bytes = Files.size(model);
        int dense = 4 * (2 * 2000 + 3 * 2000); // the output layer; bias, offset and scale
        assertTrue(bytes > 12 * 3998 + dense && bytes < 12 * 3998 + dense + 2000, bytes + " bytes");
        assertNotNull(execute(model, new float[][] {new float[2000]}).get("logits"));
    }

    /** A network of width-width-2 neurons, each connected to two, whose last hidden neuron has no connection. */
    private static void write(Path file, int width) throws IOException {
        int[] offsets = new int[width + 1];
        int[] columns = new int[2 * (width - 1)];
        for (int row = 0; row < width - 1; row++) {
            offsets[row + 1] = 2 * (row + 1);
            columns[2 * row] = row;
            columns[2 * row + 1] = row + 1;
        }
        offsets[width] = columns.length;
        float[] weights = new float[columns.length];
        Arrays.fill(weights, 0.5f);
        LayerState hidden = layer(width, width, new CsrPattern(width, width, offsets, columns), weights);
        LayerState output = layer(2, width, null, new float[2 * width]);
        new Checkpoint(
                        Map.of("hidden", Integer.toString(width)),
                        "{}",
                        List.of("a", "b"),
                        new float[width],
                        new float[width],
                        List.of(hidden, output))
                .write(file);
    }

    private static LayerState layer(int outputs, int inputs, @Nullable CsrPattern pattern, float[] weights) {
        return new LayerState(
                outputs,
                inputs,
                pattern,
                null,
                weights,
                List.of(),
                new float[outputs],
                List.of(),
                null,
                List.of(),
                null);
    }

    @Test
    void asksBeforeWeightsTakeMuchMemory(@TempDir Path temp) throws IOException {
        Path checkpoint = temp.resolve("wide.safetensors");
        write(checkpoint, 16_000);
        Path model = temp.resolve("wide.onnx");
        Cli asked = export(checkpoint, model);
        assertEquals(ExitCode.USAGE, asked.code());
        assertTrue(
                asked.err().contains("the weights take 1.0 GB in ONNX Runtime, which makes sparse layers dense"),
                asked.err());
        assertTrue(asked.err().contains("--allow-dense"), asked.err());
        assertFalse(Files.exists(model));
        requireDone(export(checkpoint, model, "--allow-dense"));
        assertTrue(Files.size(model) < 1_000_000);

        write(checkpoint, 24_000);
        Cli refused = export(checkpoint, model, "--allow-dense");
        assertEquals(ExitCode.USAGE, refused.code());
        assertTrue(
                refused.err()
                        .contains("layer 0, 24000 x 24000, made dense takes 2.3 GB but ONNX has room for 2.1 GB: npz"
                                + " and safetensors have no such limit"),
                refused.err());
    }
}
