package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.matrix.CsrPattern;
import coppice.model.LayerState;
import coppice.report.PageReader;
import coppice.run.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code report} and {@code inspect} on networks that are not plain sparse classifiers trained to their end. */
class EveryKindOfRunTest {
    private static final String LAYERS = "conv:8x3 relu pool:2 sparse-conv:16x3,density=0.3 relu avgpool:2"
            + " sparse:40,density=0.3 relu dense:classes";

    @TempDir
    Path temp = Path.of("");

    private Path trained(String name, int code, String... words) {
        Path run = temp.resolve(name);
        List<String> all = new ArrayList<>(List.of("train", "--epochs", "2", "--quiet", "--out", run.toString()));
        all.addAll(Arrays.asList(words));
        Cli result = Cli.run(all.toArray(String[]::new));
        assertEquals(code, result.code(), result.err());
        return run;
    }

    private static PageReader page(Path run) throws Exception {
        Cli written = Cli.run("report", run.toString(), "--bootstraps", "0");
        assertEquals(ExitCode.DONE, written.code(), written.err());
        return new PageReader(Files.readString(run.resolve("report.html")));
    }

    private static Cli inspect(Path run, String... words) {
        List<String> all = new ArrayList<>(
                List.of("inspect", "--from", run.resolve("last.safetensors").toString(), "--bootstraps", "0"));
        all.addAll(Arrays.asList(words));
        return Cli.run(all.toArray(String[]::new));
    }

    private static Map<?, ?> found(Path run, String... words) {
        List<String> all = new ArrayList<>(List.of("--json"));
        all.addAll(Arrays.asList(words));
        Cli inspected = inspect(run, all.toArray(String[]::new));
        assertEquals(ExitCode.DONE, inspected.code(), inspected.err());
        return inspected.json();
    }

    private static Map<?, ?> item(Map<?, ?> found, String list, int index) {
        return (Map<?, ?>) ((List<?>) Objects.requireNonNull(found.get(list))).get(index);
    }

    private Path convolutional() {
        return trained("cnn", ExitCode.DONE, "--layers", LAYERS, "--train-samples", "100", "--test-samples", "50");
    }

    @Test
    void thePageOfAConvolutionalNetwork() throws Exception {
        PageReader page = page(convolutional());
        List<String> figures = page.figures();
        assertTrue(figures.contains("Layer 2: in-degree"), figures.toString());
        assertTrue(figures.contains("Layer 1: weights") && figures.contains("Layer 0: weights"), figures.toString());
        assertFalse(figures.contains("Layer 1: in-degree"), "filters are no neurons");
        assertFalse(figures.contains("Layer 3: in-degree"), "a dense layer has no degrees to show");
        assertEquals(List.of("layer 0", "layer 1", "layer 2", "layer 3"), page.legend("Connections"));
        assertTrue(page.text().contains("Input neurons of layer 2"), page.text());
        assertTrue(page.text().contains("sparse-conv:16x3,density=0.3 relu16x4x4"), page.text());
        long maps = page.elements("svg").stream()
                .filter(svg -> svg.getAttribute("class").equals("map"))
                .peek(svg -> assertEquals("0 0 2 2", svg.getAttribute("viewBox")))
                .count();
        assertEquals(4, maps);
    }

    @Test
    void theFullyConnectedEndOfAConvolutionalNetworkIsAGraph() throws IOException {
        Path run = convolutional();
        Map<?, ?> found = found(run, "--features", "5");
        assertEquals(2, found.get("chain_start"));
        for (String measure : List.of("in_power_law", "out_power_law", "clustering", "first_clustering")) {
            assertEquals(null, item(found, "layers", 1).get(measure), measure);
            assertNotEquals(null, item(found, "layers", 2).get(measure), measure);
        }
        assertNotEquals(null, item(found, "layers", 1).get("first_overlap"));
        assertEquals(null, item(found, "layers", 0).get("first_overlap"));
        List<?> neurons = (List<?>) Objects.requireNonNull(found.get("neurons"));
        assertEquals(
                List.of(64, 40, 10),
                neurons.stream()
                        .map(group -> ((Map<?, ?>) group).get("neurons"))
                        .toList());
        assertEquals(2, item(found, "hidden", 0).get("layer"));
        assertEquals(104, ((Map<?, ?>) Objects.requireNonNull(found.get("paths"))).get("neurons"));

        LayerState layer =
                Checkpoint.read(run.resolve("last.safetensors")).layers().get(2);
        CsrPattern pattern = Objects.requireNonNull(layer.pattern());
        double[] strengths = new double[64];
        for (int k = 0; k < pattern.connections(); k++) {
            strengths[pattern.columnIndices()[k]] += Math.abs(layer.weights()[k]);
        }
        double[] sorted = strengths.clone();
        Arrays.sort(sorted);
        for (int rank = 0; rank < 5; rank++) {
            Map<?, ?> feature = item(found, "features", rank);
            int index = ((Number) Objects.requireNonNull(feature.get("feature"))).intValue();
            assertEquals(sorted[63 - rank], strengths[index], 1e-9);
            assertEquals(List.of(index / 4, index / 2 % 2, index % 2), feature.get("pixel"));
        }
        Cli table = inspect(run, "--features", "1");
        assertTrue(table.out().contains("input of layer 2"), table.out());
        assertEquals(ExitCode.USAGE, inspect(run, "--features", "65").code());
    }

    @Test
    void aRunFromASavedNetworkHasNoNetworkBefore() throws Exception {
        Path first = trained("first", ExitCode.DONE, "--hidden", "20,10", "--density", "0.3");
        String file = first.resolve("last.safetensors").toString();
        Path next = trained("next", ExitCode.STOPPED, "--from", file, "--max-time", "0s");
        trained("next", ExitCode.DONE, "--resume");
        Map<?, ?> found = found(next);
        assertEquals(true, found.get("from_saved"));
        assertEquals(null, found.get("first_paths"));
        assertNotEquals(null, found.get("paths"));
        assertEquals(null, item(found, "layers", 0).get("first_overlap"));
        assertEquals(null, item(found, "layers", 0).get("first_clustering"));
        assertTrue(
                inspect(next).out().contains("no first topology"), inspect(next).out());
        PageReader page = page(next);
        assertEquals(List.of("after training"), page.legend("Layer 0: weights"));
        assertFalse(page.legend("Layer 0: in-degree").contains("before training"));
        assertTrue(page.text().contains("Training began with the weights of a saved network, " + file), page.text());

        assertEquals(false, found(first).get("from_saved"));
        assertTrue(page(first).legend("Layer 0: in-degree").contains("before training"));
    }

    @Test
    void aRunThatPredictsNumbersHasNoAccuracy() throws Exception {
        StringBuilder rows = new StringBuilder("x,y,sum\n");
        for (int i = 0; i < 60; i++) {
            rows.append(i % 7)
                    .append(',')
                    .append(i % 5)
                    .append(',')
                    .append(i % 7 + i % 5)
                    .append(".5\n");
        }
        Path table = Files.writeString(temp.resolve("sum.csv"), rows);
        Path run = trained(
                "regression", ExitCode.DONE, "--data", table.toString(), "--task", "regression", "--hidden", "8");
        PageReader page = page(run);
        assertTrue(page.figures().contains("Loss"), page.figures().toString());
        assertFalse(page.figures().contains("Accuracy"), page.figures().toString());
        assertTrue(page.figures().contains("Gap between training and test"), "of the losses");
        assertTrue(page.text().contains("test loss"), page.text());
        assertFalse(page.text().contains("test accuracy"), page.text());
    }

    @Test
    void aDenseNetworkHasNoDegrees() throws Exception {
        Path run = trained("dense", ExitCode.DONE, "--dense", "--hidden", "12");
        PageReader page = page(run);
        assertTrue(page.figures().contains("Layer 0: weights"), page.figures().toString());
        assertTrue(page.figures().stream().noneMatch(figure -> figure.contains("degree")), "" + page.figures());
        assertFalse(page.elements("h3").stream()
                .anyMatch(title -> title.getTextContent().equals("Degrees")));
        Map<?, ?> found = found(run);
        assertEquals(null, found.get("paths"));
        assertEquals(null, item(found, "layers", 0).get("first_overlap"));
    }

    @Test
    void aRunThatWasStoppedAtOnceIsShown() throws Exception {
        Path run = trained("stopped", ExitCode.STOPPED, "--hidden", "12", "--density", "0.3", "--max-time", "0s");
        PageReader page = page(run);
        assertTrue(page.text().contains("No epoch has been completed yet."), page.text());
        assertTrue(page.text().contains("stopped"), page.text());
        assertTrue(page.figures().contains("Layer 0: weights"), page.figures().toString());
        assertEquals(
                1.0,
                ((Map<?, ?>) Objects.requireNonNull(
                                item(found(run), "layers", 0).get("first_overlap")))
                        .get("share_of_first"));
    }
}
