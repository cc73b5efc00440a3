package coppice.cli;

import coppice.data.Binarization;
import coppice.onnx.OnnxModel;
import coppice.run.Checkpoint;
import coppice.train.RbmConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a saved model for other programs. */
final class ExportCommand implements Command {
    private static final List<String> FORMATS = List.of("onnx", "npz", "safetensors");
    /** What weights may take in ONNX Runtime's memory without being asked for. */
    private static final long MOST_DENSE_BYTES = 1_000_000_000;

    @Override
    public String name() {
        return "export";
    }

    @Override
    public String summary() {
        return "a saved model as ONNX, NPZ or safetensors";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE --out FILE [--format onnx|npz|safetensors]";
    }

    @Override
    public String details() {
        return """
                Writes the weights without what only training needs, and prints what it wrote.

                onnx         a graph from raw features, normalized within, to probabilities and logits; of a
                             restricted Boltzmann machine to the probabilities of its hidden units. Sparse layers
                             are sparse in the file, but ONNX Runtime makes them dense when it loads them.
                npz          arrays for NumPy and SciPy, a CSR matrix for each sparse layer
                safetensors  the tensors of a checkpoint

                  coppice export --from runs/fashion --out fashion.onnx
                  coppice export --from runs/fashion/last.safetensors --format npz --out fashion.npz

                train, evaluate, predict and inspect take npz and safetensors files with --from.""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(
                SampleOptions.FROM,
                new CommandOption(
                        "format", "onnx|npz|safetensors", "the ending of --out", "Options", "what kind of file"),
                CommandOption.value("out", "FILE", "where to; replaced as a whole"),
                CommandOption.flag(
                        "dense-weights",
                        "ONNX: write sparse layers as dense ones, for runtimes that take no sparse initializers"),
                CommandOption.flag(
                        "allow-dense", "ONNX: write it even where the weights, made dense, take more than 1 GB"),
                SampleOptions.VERBOSE);
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        String from = arguments.require("from");
        Path out = OutputFile.of("out", arguments.require("out"));
        String format = format(arguments.find("format"), out);
        ModelFile model = ModelFile.open(from);
        requireNoCheckpoint(out, model.path());
        switch (format) {
            case "onnx" -> onnx(model, arguments, console).write(out);
            case "npz" -> model.checkpoint().writeNpz(out);
            default -> model.checkpoint().write(out);
        }
        console.result("file " + out + "  format " + format + "  bytes " + Files.size(out) + "  connections "
                + model.checkpoint().connections());
        return ExitCode.DONE;
    }

    private static String format(@Nullable String given, Path out) {
        String name = out.getFileName().toString();
        String format = given != null ? given : name.substring(name.lastIndexOf('.') + 1);
        if (!FORMATS.contains(format)) {
            throw new UsageException(
                    given != null
                            ? "format must be onnx, npz or safetensors but was '" + given + "'"
                            : "--format is needed where --out does not end in .onnx, .npz or .safetensors");
        }
        return format;
    }

    /** A run could not go on from an export. */
    private static void requireNoCheckpoint(Path out, Path from) throws IOException {
        boolean ofRun = List.of("last.safetensors", "best.safetensors")
                        .contains(out.getFileName().toString())
                && Files.exists(out.resolveSibling("run.json"));
        if (ofRun || (Files.exists(out) && Files.isSameFile(out, from))) {
            throw new UsageException("out must not replace a checkpoint but was '" + out + "'");
        }
    }

    private static OnnxModel onnx(ModelFile model, Arguments arguments, Console console) {
        Checkpoint checkpoint = model.checkpoint();
        RbmConfig rbm = model.config().rbm();
        boolean threshold = rbm != null && rbm.binarization() == Binarization.THRESHOLD;
        OnnxModel.Form form = new OnnxModel.Form(threshold, arguments.has("dense-weights"));
        OnnxModel onnx =
                UsageException.whereInvalid(() -> new OnnxModel(checkpoint, model.spec(), form, Version.text()));
        if (onnx.denseBytes() > MOST_DENSE_BYTES && !arguments.has("allow-dense")) {
            throw new UsageException(String.format(
                    Locale.ROOT,
                    "the weights take %.1f GB in ONNX Runtime, which makes sparse layers dense (the file %.3f GB):"
                            + " give --allow-dense to write it all the same, or --format npz",
                    onnx.denseBytes() / 1e9,
                    onnx.fileBytes() / 1e9));
        }
        if (rbm != null && !threshold && (rbm.divergence().resample() || rbm.binarization() != null)) {
            console.message("the machine learned from states drawn of the features; its ONNX graph takes the"
                    + " probabilities themselves");
        }
        return onnx;
    }
}
