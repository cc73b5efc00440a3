package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.backend.Loss;
import coppice.model.ActivationSpec;
import coppice.model.FirstWeights;
import coppice.model.Initializer;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.parallel.WorkerPool;
import coppice.run.Checkpoint;
import coppice.topology.Density;
import coppice.topology.SparsityDistribution;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exports for NumPy and SciPy, and what all formats refuse. */
class ExportCommandTest {
    private static Path run = Path.of("");

    @BeforeAll
    static void train(@TempDir Path shared) {
        run = shared.resolve("run");
        String options = "--activation srelu --optimizer adam --learning-rate 0.001 --hidden 300,200 --density 0.1";
        Cli trained = Cli.train(run, options.split(" ", -1));
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
    }

    private static Cli export(Path out, String... more) {
        return Cli.run(
                Stream.concat(Stream.of("export", "--from", run.toString(), "--out", out.toString()), Stream.of(more))
                        .toArray(String[]::new));
    }

    private static String predictions(Path from) {
        Cli predicted = Cli.run("predict", "--from", from.toString(), "--data", "digits", "--probabilities");
        assertEquals(ExitCode.DONE, predicted.code(), predicted.err());
        return predicted.out();
    }

    @ParameterizedTest
    @ValueSource(strings = {"npz", "safetensors"})
    void isAModelThatOtherCommandsTake(String format, @TempDir Path temp) throws IOException {
        Path file = temp.resolve("model." + format);
        Cli exported = export(file);
        assertEquals(ExitCode.DONE, exported.code(), exported.err());
        assertEquals(
                "file " + file + "  format " + format + "  bytes " + Files.size(file) + "  connections "
                        + Checkpoint.read(file).connections(),
                exported.lastLine());
        assertTrue(Files.size(file) < 0.6 * Files.size(run.resolve("best.safetensors")));
        assertEquals(predictions(run), predictions(file));
        assertEquals(
                ExitCode.DONE, Cli.run("inspect", "--from", file.toString()).code());
        Path named = temp.resolve("other.name");
        assertEquals(ExitCode.DONE, export(named, "--format", format).code());
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(named));
    }

    @Test
    void refusesWhatItCannotDo(@TempDir Path temp) throws IOException {
        Cli ending = export(temp.resolve("model.bin"));
        assertEquals(ExitCode.USAGE, ending.code());
        assertTrue(
                ending.err().contains("--format is needed where --out does not end in .onnx, .npz or .safetensors"),
                ending.err());
        Cli format = export(temp.resolve("model.npz"), "--format", "pickle");
        assertEquals(ExitCode.USAGE, format.code());
        assertTrue(format.err().contains("format must be onnx, npz or safetensors but was 'pickle'"), format.err());
        assertEquals(
                ExitCode.USAGE, export(temp.resolve("none").resolve("x.npz")).code());

        Path damaged = Files.write(temp.resolve("damaged.npz"), new byte[] {'P', 'K', 3, 4, 20, 0, 0, 0, 0});
        Cli bad = Cli.run(
                "export",
                "--from",
                damaged.toString(),
                "--out",
                temp.resolve("x.onnx").toString());
        assertEquals(ExitCode.BAD_DATA, bad.code());
        assertEquals(1, bad.errors().size(), bad.err());
        try (Stream<Path> files = Files.list(temp)) {
            assertEquals(List.of(damaged), files.toList());
        }
    }

    /** Training could not go on from an export. */
    @Test
    void leavesCheckpointsAlone(@TempDir Path temp) throws IOException {
        for (String name : List.of("last.safetensors", "best.safetensors")) {
            byte[] before = Files.readAllBytes(run.resolve(name));
            Cli refused = export(run.resolve(name));
            assertEquals(ExitCode.USAGE, refused.code());
            assertTrue(refused.err().contains("out must not replace a checkpoint"), refused.err());
            assertArrayEquals(before, Files.readAllBytes(run.resolve(name)));
        }
        Path copy = Files.copy(run.resolve("last.safetensors"), temp.resolve("copy.safetensors"));
        Cli self = Cli.run("export", "--from", copy.toString(), "--out", copy.toString());
        assertEquals(ExitCode.USAGE, self.code());
        Path other = Files.writeString(temp.resolve("other.safetensors"), "anything");
        assertEquals(ExitCode.DONE, export(other).code()); // other files are replaced, as by other commands
        assertFalse(Files.readString(other, StandardCharsets.ISO_8859_1).startsWith("anything"));
    }

    /** The predictions again, by SciPy. */
    @Test
    void sciPyPredictsTheSame(@TempDir Path temp) throws IOException {
        Python.require("numpy, scipy.sparse");
        Path npz = temp.resolve("model.npz");
        assertEquals(ExitCode.DONE, export(npz).code());
        Path table = temp.resolve("samples.csv");
        Path own = temp.resolve("predictions.csv");
        StringBuilder samples = new StringBuilder();
        for (int row = 0; row < 29; row++) {
            for (int c = 0; c < 64; c++) {
                samples.append(c == 0 ? "" : ",").append((row * 7 + c * 13) % 17);
            }
            samples.append('\n');
        }
        Files.writeString(table, samples);
        Cli predicted = Cli.run(
                "predict",
                "--from",
                run.toString(),
                "--data",
                table.toString(),
                "--label",
                "none",
                "--header",
                "no",
                "--probabilities",
                "--out",
                own.toString());
        assertEquals(ExitCode.DONE, predicted.code(), predicted.err());
        String program = """
                import json, sys
                import numpy as np
                import scipy.sparse
                z = np.load(sys.argv[1])
                x = np.loadtxt(sys.argv[2], delimiter=",", dtype=np.float32)
                x = (x - z["input.offset"]) * z["input.scale"]
                layers = json.loads(z["metadata.layers"].item())
                for n, layer in enumerate(layers):
                    p = f"layer.{n}."
                    if layer["sparse"]:
                        arrays = z[p + "data"], z[p + "indices"], z[p + "indptr"]
                        w = scipy.sparse.csr_matrix(arrays, shape=z[p + "shape"])
                        w.check_format()
                    else:
                        w = z[p + "weight"]
                    assert w.shape == (layer["outputs"], layer["inputs"])
                    x = (w @ x.T).T + z[p + "bias"]
                    if p + "srelu" in z:
                        t, l, d, r = z[p + "srelu"]
                        k = t + abs(d)
                        x = np.where(x >= k, k + r * (x - k), np.where(x <= t, t + l * (x - t), x))
                e = np.exp(x - x.max(1, keepdims=True))
                p = e / e.sum(1, keepdims=True)
                own = np.loadtxt(sys.argv[3], delimiter=",", skiprows=1)[:, 3:]
                assert json.loads(z["metadata.classes"].item()) == [str(c) for c in range(10)]
                assert p.shape == own.shape and abs(p - own).max() < 1e-5, abs(p - own).max()
                print("same")
                """;
        assertEquals("same", Python.run(program, npz, table, own));
    }

    /** The header parsed, the tensors cut out by hand. */
    @Test
    void pythonReadsTheSafetensors(@TempDir Path temp) {
        Python.require("numpy");
        Path npz = temp.resolve("model.npz");
        Path safetensors = temp.resolve("model.safetensors");
        assertEquals(ExitCode.DONE, export(npz).code());
        assertEquals(ExitCode.DONE, export(safetensors).code());
        String program = """
                import json, struct, sys
                import numpy as np
                z = np.load(sys.argv[1])
                b = open(sys.argv[2], "rb").read()
                n, = struct.unpack("<Q", b[:8])
                header = json.loads(b[8:8 + n])
                metadata = header.pop("__metadata__")
                names = {"row_offsets": "indptr", "column_indices": "indices", "values": "data"}
                types = {"F32": "<f4", "I32": "<i4", "I64": "<i8"}
                for name, t in header.items():
                    begin, end = t["data_offsets"]
                    values = np.frombuffer(b[8 + n + begin:8 + n + end], types[t["dtype"]]).reshape(t["shape"])
                    first, last = name.rsplit(".", 1)
                    assert np.array_equal(values, z[first + "." + names.get(last, last)]), name
                assert sorted(metadata) == ["classes", "configuration", "format", "image", "layers", "training"]
                for key in metadata:
                    assert metadata[key] == z["metadata." + key].item()
                print(len(header))
                """;
        assertEquals("14", Python.run(program, npz, safetensors)); // 5 of each hidden layer, 2 and 2
    }

    /**
     * A million neurons on a small heap: dense, one of the layers would take 250 GB.
     *
     * <p>The heap has room for the weights in memory, 8 bytes a connection, and little else.
     */
    @Test
    void memoryIsThatOfTheConnections(@TempDir Path temp) throws Exception {
        Path checkpoint = temp.resolve("million.safetensors");
        ModelSpec spec = ModelSpec.of(
                LayerSpec.multilayer(List.of(300_000, 300_000, 300_000), ActivationSpec.parse("relu"), 0, false),
                100_000,
                null,
                2,
                Loss.CROSS_ENTROPY,
                new ModelSpec.Sparsity(
                        false, Density.epsilon(2), SparsityDistribution.ERDOS_RENYI, false, Initializer.parse("he")));
        List<LayerState> layers;
        try (WorkerPool pool = new WorkerPool(2)) {
            layers = FirstWeights.draw(spec, 1, pool);
        }
        float[] inputs = new float[100_000];
        new Checkpoint(Map.of("hidden", "300000,300000,300000"), "{}", List.of("a", "b"), inputs, inputs, layers)
                .write(checkpoint);
        long connections = layers.stream().mapToLong(LayerState::connections).sum();
        for (String format : List.of("npz", "safetensors")) {
            Path file = temp.resolve("export." + format);
            String output = export(checkpoint, file, connections * 8 / (1 << 20) + 32);
            assertTrue(output.contains("connections " + connections), output);
            Checkpoint read = Checkpoint.read(file);
            for (int n = 0; n < layers.size(); n++) {
                assertArrayEquals(layers.get(n).weights(), read.layers().get(n).weights());
            }
        }
    }

    /** Exports in a process of its own. */
    private static String export(Path from, Path out, long heapMegabytes) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + heapMegabytes + "m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "coppice.cli.Main",
                        "export",
                        "--from",
                        from.toString(),
                        "--out",
                        out.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
