package coppice.cli;

import coppice.parallel.WorkerPool;
import coppice.run.Json;
import java.io.IOException;
import java.util.List;

/** Shows the topology that a saved model has. */
final class InspectCommand implements Command {
    private static final int BOOTSTRAPS = 200;
    private static final int SOURCES = 500;

    @Override
    public String name() {
        return "inspect";
    }

    @Override
    public String summary() {
        return "topology of a saved model: connections, degrees, clustering, paths, weights, features";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE [options]";
    }

    @Override
    public String details() {
        return """
                Shows the network as --layers would name it, with the shapes of the layers' outputs; for each layer
                of weights its connections, the degrees of its neurons (least/mean/most; of a convolution those of
                its filters and of the pixels of their window) and its weights; and the settings of the training
                that differ from the defaults.

                Of the fully connected layers at the end, which are all of a network without convolutions: power
                laws fitted to degrees (maximum likelihood, after Clauset, Shalizi and Newman 2009) with their
                p-value, below 0.1 ruled out; how clustered the layers are (Robins and Alexander 2004), how far
                neurons are from each other, what is left of the topology that training began with, and dead
                neurons.

                --features K ranks their input neurons by the sum of the absolute weights of their connections
                (QuickSelection, Atashgahi et al. 2022). What is drawn at random is drawn by the run's seed.

                  coppice inspect --from runs/fashion
                  coppice inspect --from runs/wine --features 5
                  coppice inspect --from runs/fashion/last.safetensors --json""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(
                SampleOptions.FROM,
                CommandOption.flag("json", "print one JSON object, with everything"),
                CommandOption.value("features", "K", "rank the K strongest input neurons"),
                new CommandOption(
                        "bootstraps",
                        "N",
                        Integer.toString(BOOTSTRAPS),
                        "Options",
                        "samples behind the p-value of each power law, 0 for none"),
                new CommandOption(
                        "sources",
                        "N",
                        Integer.toString(SOURCES),
                        "Options",
                        "neurons to measure distances from, drawn at random where there are more; 0 for none"),
                SampleOptions.VERBOSE);
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        Inspection.Effort effort = new Inspection.Effort(
                arguments.wholeNumber("bootstraps", BOOTSTRAPS, 0),
                arguments.wholeNumber("sources", SOURCES, 0),
                arguments.wholeNumber("features", 0, 1));
        ModelFile model = ModelFile.open(arguments.require("from"));
        Inspection inspection;
        try (WorkerPool pool = new WorkerPool(Runtime.getRuntime().availableProcessors())) {
            inspection = Inspection.of(model, effort, pool);
        }
        if (arguments.has("json")) {
            console.result(Json.compact(inspection));
        } else {
            new InspectionView(inspection).lines().forEach(console::result);
        }
        return ExitCode.DONE;
    }
}
