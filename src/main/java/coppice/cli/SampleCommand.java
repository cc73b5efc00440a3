package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.Tensor;
import coppice.model.Rbm;
import coppice.run.ImageGrid;
import coppice.run.Npy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Draws samples of a restricted Boltzmann machine. */
final class SampleCommand implements Command {
    @Override
    public String name() {
        return "sample";
    }

    @Override
    public String summary() {
        return "samples drawn from a restricted Boltzmann machine, as NPY and as images";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE --out FILE.npy [options]";
    }

    @Override
    public String details() {
        return """
                Draws samples by block Gibbs sampling: chains start at the base rates of the training data, and
                what is written are the visible units' probabilities in the last step, one sample a row.

                  coppice sample --from runs/machine/last.safetensors --out samples.npy --png samples.png""";
    }

    @Override
    public List<CommandOption> options() {
        List<CommandOption> own = List.of(
                SampleOptions.FROM,
                CommandOption.value("out", "FILE.npy", "where to: a NumPy matrix (samples, visible units)"),
                new CommandOption("count", "N", "100", "Options", "number of samples"),
                new CommandOption("steps", "N", "1000", "Options", "steps of each chain"),
                CommandOption.value("png", "FILE.png", "an image with all samples, too"),
                new CommandOption("shape", "HxW", "a square", "Options", "height and width of a sample in the image"),
                SampleOptions.VERBOSE);
        return Stream.concat(own.stream(), BackendChoice.options().stream()).toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        Path out = OutputFile.of("out", arguments.require("out"));
        String picture = arguments.find("png");
        Path png = picture == null ? null : OutputFile.of("png", picture);
        int count = number(arguments, "count", 100);
        int steps = number(arguments, "steps", 1000);
        ModelFile model = ModelFile.open(arguments.require("from"));
        model.rbmConfig(); // refuses a network
        int[] shape =
                png == null ? null : shape(arguments.find("shape"), model.spec().inputs());
        try (BackendChoice choice = BackendChoice.of(arguments)) {
            float[][] samples = draw(model, choice.backend(), count, steps);
            Npy.write(
                    out,
                    count,
                    model.spec().inputs(),
                    (row, to) -> System.arraycopy(samples[row], 0, to, 0, to.length));
            if (png != null && shape != null) {
                ImageGrid.write(png, samples, shape[0], shape[1]);
            }
        }
        return ExitCode.DONE;
    }

    private static float[][] draw(ModelFile model, Backend backend, int count, int steps) {
        Rbm rbm = model.rbm(backend, count);
        int visible = model.spec().inputs();
        Tensor base = backend.tensor(visible, 1);
        backend.upload(base, rbm.baseBias());
        float[] drawn = backend.download(rbm.sample(base, count, steps)); // (visible, at least count)
        float[][] samples = new float[count][visible];
        for (int v = 0; v < visible; v++) {
            for (int i = 0; i < count; i++) {
                samples[i][v] = drawn[v * (drawn.length / visible) + i];
            }
        }
        return samples;
    }

    private static int number(Arguments arguments, String name, int otherwise) {
        String text = arguments.find(name);
        try {
            int value = text == null ? otherwise : Integer.parseInt(text);
            if (value >= 1) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new UsageException(name + " must be a whole number of at least 1 but was '" + text + "'");
    }

    /** Height and width. */
    private static int[] shape(@Nullable String text, int visible) {
        if (text == null) {
            int side = (int) Math.round(Math.sqrt(visible));
            if (side * side != visible) {
                throw new UsageException(visible + " visible units make no square: give --shape HxW");
            }
            return new int[] {side, side};
        }
        String[] parts = text.split("x", -1);
        try {
            int height = Integer.parseInt(parts[0]);
            int width = Integer.parseInt(parts[1]);
            if (parts.length == 2 && height > 0 && width > 0 && (long) height * width == visible) {
                return new int[] {height, width};
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            // falls through to the one message
        }
        throw new UsageException("shape must be HxW with H * W = " + visible + " but was '" + text + "'");
    }
}
