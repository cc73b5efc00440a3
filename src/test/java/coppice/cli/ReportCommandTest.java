package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.report.PageReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables and pages of runs that were really trained. */
class ReportCommandTest {
    private static Cli table(Path... runs) {
        String[] words = new String[runs.length + 2];
        words[0] = "report";
        words[1] = "--table";
        for (int i = 0; i < runs.length; i++) {
            words[i + 2] = runs[i].toString();
        }
        return Cli.run(words);
    }

    @Test
    void aTableIsTheSameWhetherRunsWereInterruptedOrNot(@TempDir Path temp) {
        Path first = temp.resolve("first");
        Path second = temp.resolve("second");
        Cli.train(first, "--seed", "1", "--threads", "1");
        Cli.train(second, "--seed", "2");
        Cli undisturbed = table(first, second);
        assertEquals(ExitCode.DONE, undisturbed.code(), undisturbed.err());

        Path stopped = temp.resolve("stopped");
        Path whole = temp.resolve("whole");
        Cli.train(stopped, "--seed", "1", "--max-time", "0s");
        Cli.train(stopped, "--seed", "1", "--resume", "--max-time", "0.05s");
        Cli.train(stopped, "--seed", "1", "--resume");
        Cli.train(whole, "--seed", "2", "--simd", "off");
        assertEquals(undisturbed.out(), table(whole, stopped, whole).out());
        assertEquals(2, undisturbed.lines().size());
        assertTrue(undisturbed.lastLine().startsWith("2,2,1 2,2.0,0.0,"), undisturbed.out());
    }

    private static PageReader page(Path file) throws Exception {
        return new PageReader(Files.readString(file));
    }

    @Test
    void aPageShowsTheTopologyBeforeAndAfter(@TempDir Path temp) throws Exception {
        Path run = temp.resolve("run");
        Cli.train(run, "--density", "0.3", "--sparse-output");
        Cli written = Cli.run("report", run.toString(), "--bootstraps", "20");
        assertEquals(ExitCode.DONE, written.code(), written.err());
        assertEquals(run.resolve("report.html").toString(), written.lastLine());
        PageReader page = page(run.resolve("report.html"));
        for (String figure : List.of(
                "Loss",
                "Accuracy",
                "Gap between training and test",
                "Connections",
                "Connections explored",
                "Time",
                "Connections of the input neurons",
                "Strength of the input neurons",
                "Input neurons by strength",
                "The strongest input neurons",
                "Layer 0: in-degree",
                "Layer 2: out-degree",
                "Hidden neurons between layers 1 and 2",
                "Layer 0: weights",
                "Layer 2: weights")) {
            assertTrue(page.figures().contains(figure), figure + " is not among " + page.figures());
        }
        assertEquals(List.of("before training", "after training"), page.legend("Layer 1: weights"));
        assertTrue(page.caption("Layer 0: in-degree").contains("32 output neurons"), page.text());
        long maps = page.elements("svg").stream()
                .filter(svg -> svg.getAttribute("class").equals("map"))
                .peek(svg -> assertEquals("0 0 8 8", svg.getAttribute("viewBox")))
                .count();
        assertEquals(4, maps);
        assertEquals(ExitCode.DONE, Cli.train(run, "--resume").code(), "a page does no harm to a run");
    }

    @Test
    void aPageOfAMachineAndOfATable(@TempDir Path temp) throws Exception {
        Path machine = temp.resolve("machine");
        Cli.run("train", "--model", "rbm", "--hidden", "20", "--epochs", "2", "--out", machine.toString(), "--quiet");
        Path table = Files.writeString(temp.resolve("table.csv"), "a <b>,\"c & d\",kind\n0,1,x\n1,0,y\n0,2,x\n2,0,y\n");
        Path named = temp.resolve("named");
        Cli.run("train", "--data", table.toString(), "--hidden", "4", "--epochs", "1", "--out", named.toString());
        Path out = temp.resolve("both.html");
        Cli both = Cli.run("report", machine.toString(), named.toString(), "--out", out.toString());
        assertEquals(ExitCode.DONE, both.code(), both.err());
        PageReader page = page(out);
        assertTrue(page.text().contains("a <b>") && page.text().contains("c & d"), page.text());
        assertTrue(
                page.figures().contains("Reconstruction error"), page.figures().toString());

        Cli shaped = Cli.run("report", machine.toString(), "--image", "4x16", "--out", out.toString());
        assertEquals(ExitCode.DONE, shaped.code(), shaped.err());
        assertTrue(page(out).elements("svg").stream()
                .anyMatch(svg -> svg.getAttribute("viewBox").equals("0 0 16 4")));
        for (String wrong : List.of("9x9", "64", "0x64", "8x8x1x1", "8*8")) {
            Cli refused = Cli.run("report", machine.toString(), "--image", wrong, "--out", out.toString());
            assertEquals(ExitCode.USAGE, refused.code(), wrong);
        }
    }

    @Test
    void refusesWhatIsNoRun(@TempDir Path temp) throws IOException {
        assertEquals(ExitCode.USAGE, Cli.run("report").code());
        assertEquals(ExitCode.USAGE, Cli.run("report", "--format", "csv", "x").code());
        assertEquals(
                ExitCode.USAGE,
                Cli.run("report", "--table", "--format", "xml", "x").code());
        Cli none = table(temp);
        assertEquals(ExitCode.BAD_DATA, none.code());
        assertEquals(
                temp + ": is no run: it has no run.json", none.err().strip().replace("coppice: ", ""));
        Path run = temp.resolve("run");
        Cli.train(run);
        Files.writeString(run.resolve("result.json"), "{");
        Cli damaged = table(run);
        assertEquals(ExitCode.BAD_DATA, damaged.code());
        assertEquals(1, damaged.errors().size(), damaged.err());
    }
}
