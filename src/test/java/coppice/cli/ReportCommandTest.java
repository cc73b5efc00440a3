package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
