package coppice.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.parallel.WorkerPool;
import coppice.run.MetricsLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages are well-formed, need nothing else, and show the numbers of the runs. */
class ReportPageTest {
    private static final double PIXEL = 0.06; // a tenth of a unit of the drawing, in units of the data below

    private final Path temp;

    ReportPageTest(@TempDir Path temp) {
        this.temp = temp;
    }

    private static String html(Path... directories) throws Exception {
        List<Run> runs = new ArrayList<>();
        for (Path directory : directories) {
            runs.add(Run.read(directory));
        }
        try (WorkerPool pool = new WorkerPool(1)) {
            return new ReportPage(runs, 20, null).html(pool);
        }
    }

    private static PageReader page(Path... directories) throws Exception {
        return new PageReader(html(directories));
    }

    @Test
    void curvesAreTheMetrics() throws Exception {
        Path run = Runs.completed(temp.resolve("a"), 1, 0.8);
        PageReader page = page(run);
        List<double[]> training = page.paths("Loss", "line s0").get(0);
        assertEquals(3, training.size());
        for (int i = 0; i < 3; i++) {
            assertEquals(i + 1, training.get(i)[0], PIXEL);
            assertEquals(1.0 / (i + 1), training.get(i)[1], PIXEL / 10);
        }
        List<double[]> test = page.paths("Accuracy", "line s1").get(0);
        assertEquals(2, test.size()); // the second epoch was not evaluated
        assertEquals(3, test.get(1)[0], PIXEL);
        assertEquals(0.8, test.get(1)[1], PIXEL / 10);
        List<double[]> gap =
                page.paths("Gap between training and test", "line s0").get(0);
        assertEquals(0.5 - 0.4, gap.get(0)[1], PIXEL / 10);
        List<double[]> explored = page.paths("Connections explored", "line s0").get(0);
        assertEquals(1900, explored.get(2)[1], 2000 * PIXEL / 10);
        assertEquals(List.of("training", "validation", "test"), page.legend("Loss"));
        assertEquals(List.of("layer 0", "layer 1"), page.legend("Connections"));
        assertTrue(
                page.legend("Time").contains("update (43.5 %)"),
                page.legend("Time").toString()); // 0.30 of 0.69
        assertTrue(page.text().contains("80.00 %"), page.text());
        assertTrue(page.text().contains("There is no checkpoint yet"), page.text());
    }

    @Test
    void bandsAreConfidenceIntervals() throws Exception {
        Path[] runs = {
            Runs.completed(temp.resolve("a"), 1, 0.60),
            Runs.completed(temp.resolve("b"), 2, 0.64),
            Runs.completed(temp.resolve("c"), 3, 0.68),
            Runs.completed(temp.resolve("d"), 1, 0.90, "zeta", "0.1")
        };
        PageReader page = page(runs);
        assertEquals(List.of("zeta 0.1", "zeta 0.3"), page.legend("Test accuracy"));
        List<double[]> mean = page.paths("Test accuracy", "line s1").get(0);
        assertEquals(0.64, mean.get(1)[1], PIXEL / 10);
        List<double[]> band = page.paths("Test accuracy", "band s1").get(0);
        double half = 4.302653 * 0.04 / Math.sqrt(3); // Student's t of two degrees of freedom
        assertEquals(4, band.size());
        assertEquals(0.64 + half, band.get(1)[1], PIXEL / 10);
        assertEquals(3, band.get(1)[0], PIXEL);
        assertEquals(0.64 - half, band.get(2)[1], PIXEL / 10);
        assertEquals(3, band.get(2)[0], PIXEL);
        assertTrue(page.paths("Test accuracy", "band s0").isEmpty(), "a single run has no band");
        assertTrue(page.text().contains("64.00 ± 4.00 %"), page.text());
        assertTrue(page.text().contains("3 of 3"), page.text());
    }

    @Test
    void manyGroupsShareTheColoursOfTheBest() throws Exception {
        Path[] runs = new Path[15];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = Runs.completed(temp.resolve("r" + i), 1, 0.5 + 0.01 * i, "epsilon", Integer.toString(i + 1));
        }
        PageReader page = page(runs);
        assertEquals(
                List.of("epsilon 10", "epsilon 11", "epsilon 12", "epsilon 13", "epsilon 14", "epsilon 15"),
                page.legend("Test accuracy"));
        assertEquals(9, page.paths("Test accuracy", "line s6").size());
        assertTrue(page.caption("Test accuracy").contains("9 more in grey"), page.caption("Test accuracy"));
        assertTrue(page.text().contains("more than 12 groups"), page.text());
    }

    @Test
    void runsThatHaveNotEndedAreShown() throws Exception {
        Path begun = Runs.begun(temp.resolve("begun"), 1);
        assertTrue(page(begun).text().contains("No epoch has been completed yet."));
        Path one = Runs.epochs(Runs.begun(temp.resolve("one"), 1), 0.25);
        PageReader page = page(one);
        assertTrue(page.text().contains("unfinished"), page.text());
        assertTrue(page.text().contains("1 of 30"), page.text());
        Path diverged = Runs.ended(Runs.begun(temp.resolve("diverged"), 2), "diverged", 0, 0.1, 7);
        PageReader many = page(begun, one, diverged);
        assertTrue(many.text().contains("0 of 3"), many.text());
        assertTrue(many.text().contains("diverged"), many.text());
    }

    @Test
    void nothingInARunBecomesMarkup() throws Exception {
        String evil = "<script>alert('1')</script>&amp;\"x\u0001\u0085\ud800";
        Path directory = temp.resolve("<b>&\"'");
        Path run = Runs.completed(directory, 1, 0.5, "data", evil);
        PageReader page = page(run, Runs.completed(temp.resolve("b"), 1, 0.5));
        assertTrue(page.text().contains("<script>alert('1')</script>&amp;\"x\ufffd\ufffd"), page.text());
        assertTrue(page.text().contains("<b>&\"'"), page.text());
        assertTrue(page(run).text().contains("<script>"));
    }

    @Test
    void aMachineHasNoAccuracy() throws Exception {
        Path run = Runs.begun(temp.resolve("a"), 1, "model", "rbm");
        try (MetricsLog log = MetricsLog.open(run.resolve("metrics.jsonl"), 0)) {
            log.append(machineEpoch(1));
            log.append(machineEpoch(2));
        }
        PageReader page = page(run);
        assertEquals(
                List.of(
                        "Reconstruction error",
                        "Gap between training and test",
                        "Connections",
                        "Connections explored",
                        "Time"),
                page.figures());
        PageReader two = page(run, Runs.completed(temp.resolve("b"), 1, 0.5, "zeta", "0.1"));
        List<String> kinds = two.legend("Test loss");
        assertTrue(kinds.contains("zeta 0.1"), kinds.toString());
        assertTrue(kinds.contains("model rbm"), kinds.toString());
        assertTrue(two.text().contains("cd-steps"), "the table has everything that varies");
    }

    private static coppice.train.EpochMetrics machineEpoch(int epoch) {
        coppice.train.EpochMetrics some = Runs.epoch(epoch, 0.5);
        return new coppice.train.EpochMetrics(
                epoch, epoch, 0.1, 0.07, null, null, null, 0.08, null, 600, List.of(600), 600L, some.seconds());
    }

    @Test
    void longRunsMakeShortPages() throws Exception {
        Path run = Runs.begun(temp.resolve("a"), 1);
        Double[] accuracies = new Double[5000];
        for (int i = 0; i < accuracies.length; i++) {
            accuracies[i] = i == 3210 ? 0.99 : 0.5 + 0.1 * Math.sin(i * 0.01);
        }
        Runs.epochs(run, accuracies);
        String html = html(run);
        assertTrue(html.length() < 400_000, html.length() + " characters");
        List<double[]> test = new PageReader(html).paths("Accuracy", "line s1").get(0);
        assertTrue(test.size() <= 800, test.size() + " points");
        assertTrue(test.stream().anyMatch(point -> Math.abs(point[1] - 0.99) < 0.01), "the peak is kept");
    }

    @Test
    void thePageIsAFunctionOfTheRuns() throws Exception {
        Path first = Runs.completed(temp.resolve("a"), 1, 0.5);
        Path second = Runs.completed(temp.resolve("b"), 2, 0.6);
        assertEquals(html(first, second), html(second, first));
        assertFalse(html(first).contains(temp.getRoot().resolve("proc").toString()));
        assertTrue(Files.exists(first));
    }
}
