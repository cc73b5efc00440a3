package coppice.cli;

import coppice.run.Json;
import coppice.topology.Degrees;
import coppice.topology.PowerLaw;
import coppice.topology.WeightSummary;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Shows the topology that a saved model has. */
final class InspectCommand implements Command {
    @Override
    public String name() {
        return "inspect";
    }

    @Override
    public String summary() {
        return "topology of a saved model: connections, degrees, weights";
    }

    @Override
    public String usage() {
        return "--from RUN|FILE [--json]";
    }

    @Override
    public String details() {
        return """
                Shows the network as --layers would name it, with the shapes of the layers' outputs; for each layer
                of weights its connections, the degrees of its neurons (least/mean/most; of a convolution those of
                its filters and of the pixels of their window) and its weights; for hidden neurons the power law
                fitted to their degrees, counting the connections of sparse layers (maximum likelihood after
                Clauset, Shalizi and Newman 2009); and the settings of the training that differ from the defaults.

                  coppice inspect --from runs/fashion
                  coppice inspect --from runs/fashion/last.safetensors --json""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(SampleOptions.FROM, CommandOption.flag("json", "print one JSON object"), SampleOptions.VERBOSE);
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        arguments.requireNoOperands();
        ModelFile model = ModelFile.open(arguments.require("from"));
        Inspection inspection = Inspection.of(model);
        if (arguments.has("json")) {
            console.result(Json.compact(inspection));
        } else {
            print(inspection, console);
        }
        return ExitCode.DONE;
    }

    private static void print(Inspection inspection, Console console) {
        console.result("file " + inspection.file());
        console.result("epoch " + inspection.epoch() + ", step " + inspection.step());
        console.result("");
        network(inspection).lines(2).forEach(console::result);
        console.result("");
        layers(inspection).lines(0).forEach(console::result);
        if (!inspection.hidden().isEmpty()) {
            console.result("");
            hidden(inspection).lines(0).forEach(console::result);
        }
        console.result("");
        console.result(String.format(
                Locale.ROOT,
                "connections %d  density %.6f  parameters %d  classes %d",
                inspection.connections(),
                inspection.density(),
                inspection.parameters(),
                inspection.classes().size()));
        if (!inspection.settings().isEmpty()) {
            console.result("settings "
                    + inspection.settings().entrySet().stream()
                            .map(entry -> "--" + entry.getKey() + " " + quoted(entry.getValue()))
                            .collect(Collectors.joining(" ")));
        }
    }

    private static String quoted(String value) {
        return value.contains(" ") ? "'" + value + "'" : value;
    }

    private static Table network(Inspection inspection) {
        Table table = new Table()
                .row("layer", "words", "output", "parameters", "connections", "density")
                .row("", "input", shape(inspection.input()), "", "", "");
        for (Inspection.Stage stage : inspection.network()) {
            Double density = stage.density();
            table.row(
                    stage.layer() == null ? "" : stage.layer().toString(),
                    stage.words(),
                    shape(stage.output()),
                    stage.layer() == null ? "" : Long.toString(stage.parameters()),
                    stage.layer() == null ? "" : Long.toString(stage.connections()),
                    density == null ? "" : Table.number(density));
        }
        return table;
    }

    private static String shape(List<Integer> sizes) {
        return sizes.stream().map(String::valueOf).collect(Collectors.joining("x"));
    }

    private static Table layers(Inspection inspection) {
        Table table = new Table()
                .row(
                        "layer",
                        "inputs",
                        "outputs",
                        "connections",
                        "density",
                        "in-degree",
                        "out-degree",
                        "unconnected in",
                        "out",
                        "weights",
                        "mean",
                        "sd");
        for (Inspection.Layer layer : inspection.layers()) {
            WeightSummary weights = layer.weights();
            table.row(
                    Integer.toString(layer.layer()),
                    Integer.toString(layer.inputs()),
                    Integer.toString(layer.outputs()),
                    Long.toString(layer.connections()),
                    layer.sparse() ? Table.number(layer.density()) : "dense",
                    degrees(layer.inDegree()),
                    degrees(layer.outDegree()),
                    Integer.toString(layer.outDegree().unconnected()),
                    Integer.toString(layer.inDegree().unconnected()),
                    Table.number(weights.min()) + ".." + Table.number(weights.max()),
                    Table.number(weights.mean()),
                    Table.number(weights.standardDeviation()));
        }
        return table;
    }

    private static Table hidden(Inspection inspection) {
        Table table = new Table()
                .row("hidden", "neurons", "degree", "unconnected", "power law", "from degree", "neurons", "distance");
        for (Inspection.Hidden hidden : inspection.hidden()) {
            hiddenRow(table, String.valueOf(hidden.layer()), hidden.degree(), hidden.powerLaw());
        }
        Inspection.Hidden all = inspection.allHidden();
        if (all != null && inspection.hidden().size() > 1) {
            hiddenRow(table, "all", all.degree(), all.powerLaw());
        }
        return table;
    }

    private static void hiddenRow(Table table, String name, Degrees degree, @Nullable PowerLaw law) {
        table.row(
                name,
                Integer.toString(degree.neurons()),
                degrees(degree),
                Integer.toString(degree.unconnected()),
                law == null ? "-" : Table.number(law.exponent()),
                law == null ? "-" : Integer.toString(law.xmin()),
                law == null ? "-" : Integer.toString(law.tail()),
                law == null ? "-" : Table.number(law.distance()));
    }

    private static String degrees(Degrees degrees) {
        return String.format(Locale.ROOT, "%d/%.1f/%d", degrees.min(), degrees.mean(), degrees.max());
    }
}
