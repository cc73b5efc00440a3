package coppice.cli;

import coppice.topology.Clustering;
import coppice.topology.DeadNeurons;
import coppice.topology.Degrees;
import coppice.topology.Overlap;
import coppice.topology.PathLengths;
import coppice.topology.PowerLaw;
import coppice.topology.WeightSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An inspection as tables for people. */
record InspectionView(Inspection inspection) {
    private static final String NONE = "-";

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("file " + inspection.file());
        lines.add("epoch " + inspection.epoch() + ", step " + inspection.step());
        add(lines, network(), 2);
        add(lines, layers(), 0);
        if (inspection.layers().stream().anyMatch(Inspection.Layer::sparse)) {
            add(lines, graph(), 0);
            add(lines, laws(), 1);
        }
        add(lines, neurons(), 1);
        List<RankedFeature> features = inspection.features();
        if (features != null) {
            add(lines, features(features), 0);
        }
        lines.add("");
        if (inspection.fromSaved()) {
            lines.add("training began with a saved network, so there is no first topology to compare with");
        }
        PathLengths paths = inspection.paths();
        if (paths != null) {
            lines.add(paths(paths, inspection.firstPaths()));
        }
        lines.add(String.format(
                Locale.ROOT,
                "connections %d  density %.6f  parameters %d  classes %d",
                inspection.connections(),
                inspection.density(),
                inspection.parameters(),
                inspection.classes().size()));
        if (!inspection.settings().isEmpty()) {
            lines.add("settings "
                    + inspection.settings().entrySet().stream()
                            .map(entry -> "--" + entry.getKey() + " " + quoted(entry.getValue()))
                            .collect(Collectors.joining(" ")));
        }
        return lines;
    }

    private static void add(List<String> lines, Table table, int left) {
        lines.add("");
        lines.addAll(table.lines(left));
    }

    private static String quoted(String value) {
        return value.contains(" ") ? "'" + value + "'" : value;
    }

    private Table network() {
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

    private Table layers() {
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

    private Table graph() {
        Table table = new Table().row("layer", "clustering", "at first", "density", "left of first", "by chance");
        for (Inspection.Layer layer : inspection.layers()) {
            if (layer.sparse()) {
                Overlap overlap = layer.firstOverlap();
                table.row(
                        Integer.toString(layer.layer()),
                        clustering(layer.clustering()),
                        clustering(layer.firstClustering()),
                        Table.number(layer.density()),
                        overlap == null ? NONE : Table.number(overlap.shareOfFirst()),
                        overlap == null ? NONE : Table.number(overlap.byChance()));
            }
        }
        return table;
    }

    private static String clustering(@Nullable Clustering clustering) {
        return clustering == null ? NONE : Table.number(clustering.coefficient());
    }

    private Table laws() {
        Table table = new Table()
                .row(
                        "degrees",
                        "neurons",
                        "degree",
                        "unconnected",
                        "power law",
                        "error",
                        "from degree",
                        "neurons",
                        "distance",
                        "p");
        for (Inspection.Layer layer : inspection.layers()) {
            if (layer.clustering() != null || layer.inPowerLaw() != null) {
                law(table, "layer " + layer.layer() + " in", layer.inDegree(), layer.inPowerLaw());
                law(table, "layer " + layer.layer() + " out", layer.outDegree(), layer.outPowerLaw());
            }
        }
        for (Inspection.Hidden hidden : inspection.hidden()) {
            law(table, "hidden " + hidden.layer(), hidden.degree(), hidden.powerLaw());
        }
        Inspection.Hidden all = inspection.allHidden();
        if (all != null && inspection.hidden().size() > 1) {
            law(table, "hidden all", all.degree(), all.powerLaw());
        }
        return table;
    }

    private static void law(Table table, String name, Degrees degree, @Nullable PowerLaw law) {
        Double p = law == null ? null : law.pValue();
        table.row(
                name,
                Integer.toString(degree.neurons()),
                degrees(degree),
                Integer.toString(degree.unconnected()),
                law == null ? NONE : Table.number(law.exponent()),
                law == null ? NONE : Table.number(law.standardError()),
                law == null ? NONE : Integer.toString(law.xmin()),
                law == null ? NONE : Integer.toString(law.tail()),
                law == null ? NONE : Table.number(law.distance()),
                p == null ? NONE : String.format(Locale.ROOT, "%.3f", p));
    }

    private Table neurons() {
        Table table = new Table().row("neurons", "", "without inputs", "without outputs", "dead", "off path");
        List<DeadNeurons> groups = inspection.neurons();
        for (int g = 0; g < groups.size(); g++) {
            DeadNeurons group = groups.get(g);
            table.row(
                    g == 0
                            ? input()
                            : g == groups.size() - 1 ? "output" : "hidden " + (inspection.chainStart() + g - 1),
                    Integer.toString(group.neurons()),
                    count(group.withoutInputs()),
                    count(group.withoutOutputs()),
                    Integer.toString(group.dead()),
                    Integer.toString(group.offPath()));
        }
        return table;
    }

    /** The input neurons of the chain of fully connected layers. */
    private String input() {
        return inspection.chainStart() == 0 ? "input" : "input of layer " + inspection.chainStart();
    }

    private static String count(@Nullable Integer count) {
        return count == null ? NONE : count.toString();
    }

    private Table features(List<RankedFeature> features) {
        Table table = new Table()
                .row("rank", inspection.chainStart() == 0 ? "feature" : input(), "strength", "connections", "name");
        for (RankedFeature feature : features) {
            String name = feature.name() != null
                    ? feature.name().replaceAll("\\p{Cntrl}", " ")
                    : feature.pixel() == null ? "" : "pixel " + feature.pixel();
            table.row(
                    Integer.toString(feature.rank()),
                    Integer.toString(feature.feature()),
                    Table.number(feature.strength()),
                    Integer.toString(feature.connections()),
                    name);
        }
        return table;
    }

    private static String paths(PathLengths paths, @Nullable PathLengths first) {
        return String.format(
                Locale.ROOT,
                "path length %.4f%s  longest %d  connected pairs %.4f  from %d of %d neurons",
                paths.mean(),
                first == null ? "" : String.format(Locale.ROOT, " (at first %.4f)", first.mean()),
                paths.longest(),
                paths.reachable(),
                paths.sources(),
                paths.neurons());
    }

    private static String degrees(Degrees degrees) {
        return String.format(Locale.ROOT, "%d/%.1f/%d", degrees.min(), degrees.mean(), degrees.max());
    }
}
