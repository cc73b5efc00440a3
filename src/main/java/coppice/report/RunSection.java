package coppice.report;

import coppice.run.RunManifest;
import coppice.train.EpochMetrics;
import coppice.train.TrainResult;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Everything there is to see of one run. */
final class RunSection {
    private final Run run;
    private final Optional<TrainedNetwork> network;
    private final @Nullable TopologyFigures topology;

    RunSection(Run run, Optional<TrainedNetwork> network, @Nullable TopologyFigures topology) {
        this.run = run;
        this.network = network;
        this.topology = topology;
    }

    void write(Markup page) {
        writeFacts(page);
        writeSettings(page);
        if (run.epochs().isEmpty()) {
            page.element("p", "No epoch has been completed yet.");
        } else {
            LearningFigures learning = new LearningFigures(run);
            heading("Learning", page);
            learning.writeLearning(page);
            page.closeLine();
            heading("Connections and time", page);
            learning.writeConnections(page);
            learning.writeTime(page);
            page.closeLine();
        }
        if (network.isEmpty() || topology == null) {
            page.element("p", "There is no checkpoint yet to show the topology of.");
            return;
        }
        writeNetwork(network.get(), topology, page);
    }

    private void writeNetwork(TrainedNetwork trained, TopologyFigures topology, Markup page) {
        page.element("h3", "Layers");
        if (trained.before() == null) {
            RunManifest.Start start = run.manifest().start();
            page.element(
                    "p",
                    "Training began with the weights of a saved network" + (start == null ? "" : ", " + start.path())
                            + ": there is no network from before training to show beside the one after it.");
        }
        new LayerTable(trained).write(page);
        int chain = trained.spec().chainStart();
        heading("Input neurons" + (chain == 0 ? "" : " of layer " + chain), page);
        new InputFigures(trained).write(page);
        page.closeLine();
        if (topology.hasDegrees()) {
            heading("Degrees", page);
            topology.writeDegrees(page);
            page.closeLine();
        }
        heading("Weights", page);
        topology.writeWeights(page);
        page.closeLine();
    }

    private static void heading(String title, Markup page) {
        page.element("h3", title).open("div", "class", "grid");
    }

    private void writeFacts(Markup page) {
        Map<String, String> facts = new LinkedHashMap<>();
        TrainResult result = run.result();
        facts.put("status", run.status());
        facts.put("epochs", run.epochsDone() + " of " + run.settings().getOrDefault("epochs", "?"));
        if (result != null) {
            put(facts, "test accuracy", result.testAccuracy());
            put(facts, "best test accuracy", result.bestTestAccuracy());
            Double loss = result.testAccuracy() == null ? result.testLoss() : null;
            if (loss != null) {
                facts.put("test loss", Figure.of(loss, 4));
            }
            Integer best = result.bestEpoch();
            facts.put("best epoch", best == null ? "–" : best.toString());
            facts.put("connections", Figure.count(result.connections()));
            facts.put("parameters", Figure.count(result.parameters()));
            facts.put("peak memory", Figure.count(result.peakMemoryBytes() >> 20) + " MiB");
        }
        double seconds = run.epochs().stream()
                .map(EpochMetrics::seconds)
                .mapToDouble(part -> part.train() + part.evolution() + part.evaluation())
                .sum();
        facts.put("time in epochs", Figure.seconds(seconds));
        page.open("dl", "class", "facts");
        facts.forEach((name, value) ->
                page.open("div").element("dt", name).element("dd", value).close());
        page.closeLine();
    }

    private static void put(Map<String, String> facts, String name, @Nullable Double share) {
        if (share != null) {
            facts.put(name, Figure.percent(share, 2));
        }
    }

    private void writeSettings(Markup page) {
        String changed = run.settings().entrySet().stream()
                .filter(entry -> !run.hasDefault(entry.getKey()))
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        RunManifest manifest = run.manifest();
        page.open("p", "class", "settings");
        page.text(changed.isEmpty() ? "All settings have their defaults" : "Settings that differ from the defaults: ")
                .text(changed + "; seed " + run.seed() + ". ");
        page.text(manifest.data().stream()
                .map(data -> Figure.count(data.rows()) + " " + data.role() + " samples")
                .collect(Collectors.joining(", ", "", " of ")));
        page.text(
                manifest.data().isEmpty()
                        ? "?"
                        : Figure.count(manifest.data().get(0).features()) + " features. ");
        page.text("Backend " + manifest.backend().name() + " ("
                + manifest.backend().description() + "), "
                + manifest.threads() + " threads, started " + manifest.started() + ", Coppice "
                + manifest.coppiceVersion() + ".");
        page.closeLine();
    }
}
