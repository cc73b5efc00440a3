package coppice.report;

import coppice.matrix.CsrPattern;
import coppice.model.LayerSpec;
import coppice.model.LayerState;
import coppice.model.ModelSpec;
import coppice.topology.Overlap;
import java.util.List;

/** The layers of a network from its input on, as {@code --layers} names them, those without weights too. */
record LayerTable(TrainedNetwork network) {
    void write(Markup page) {
        if (network.before() != null) {
            page.element("p", "Kept is the share of the connections before training that are still there.");
        }
        page.open("div", "class", "scroll", "tabindex", "0", "role", "region", "aria-label", "Layers");
        page.open("table").open("tr");
        page.element("th", "layer", "class", "number").element("th", "");
        for (String head : List.of("output", "parameters", "connections", "density", "kept")) {
            page.element("th", head, "class", "number");
        }
        page.close();
        row(page, "", "input", network.spec().input().toString(), List.of("", "", "", ""));
        int layer = 0;
        for (ModelSpec.Stage stage : network.spec().stages()) {
            String words = LayerSpec.format(List.of(stage.spec()));
            if (stage.spec().learns()) {
                row(page, Integer.toString(layer), words, stage.output().toString(), numbers(layer));
                layer++;
            } else {
                row(page, "", words, stage.output().toString(), List.of("", "", "", ""));
            }
        }
        page.close().closeLine();
    }

    private static void row(Markup page, String layer, String words, String output, List<String> numbers) {
        page.open("tr").element("td", layer, "class", "number").element("td", words);
        page.element("td", output, "class", "number");
        numbers.forEach(number -> page.element("td", number, "class", "number"));
        page.closeLine();
    }

    private List<String> numbers(int layer) {
        LayerState after = network.after().get(layer);
        LayerState before = network.before(layer);
        CsrPattern pattern = after.pattern();
        CsrPattern first = before == null ? null : before.pattern();
        return List.of(
                Figure.count(after.parameters()),
                Figure.count(after.connections()),
                pattern == null ? "dense" : Figure.percent(pattern.density(), 2),
                pattern == null || first == null
                        ? "–"
                        : Figure.percent(Overlap.of(first, pattern).shareOfFirst(), 1));
    }
}
