package coppice.cli;

import coppice.report.ResultTable;
import coppice.report.Run;
import coppice.run.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Shows what runs came to: a page with charts, or a table for scripts. */
final class ReportCommand implements Command {
    @Override
    public String name() {
        return "report";
    }

    @Override
    public String summary() {
        return "one run or many as a page with charts, or as a table";
    }

    @Override
    public String usage() {
        return "RUN [RUN...] [options]";
    }

    @Override
    public String details() {
        return """
                Writes one HTML page that needs no network and no other file. Of one run: curves, time, topology
                and weights before and after training. Of many: runs whose settings differ in the seed alone form
                a group; a table and curves compare the groups.

                  coppice report runs/fashion
                  coppice report runs/sweep-* --out sweep.html
                  coppice report runs/sweep-* --table > sweep.csv

                --table prints a row a group: mean and standard deviation over the seeds that came to their end.
                The same runs give the same bytes, interrupted or not, in any order; --times adds what does not.""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(
                CommandOption.flag("table", "print a table in place of the page"),
                new CommandOption("format", "csv|json", "csv", "Options", "of the table"),
                CommandOption.flag("times", "add times and memory to the table"),
                new CommandOption(
                        "out",
                        "FILE",
                        null,
                        "Options",
                        "where to, replaced as a whole; default standard output for a table, RUN/report.html for one"
                                + " run, report.html for many"),
                SampleOptions.VERBOSE);
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        String format = SampleOptions.choice(arguments, "format", "csv", "json");
        if (!arguments.has("table") && (arguments.has("format") || arguments.has("times"))) {
            throw new UsageException("--format and --times need --table");
        }
        String out = arguments.find("out");
        Path file = out == null ? null : OutputFile.of("out", out);
        List<Run> runs = runs(arguments.operands());
        if (arguments.has("table")) {
            ResultTable table = new ResultTable(runs, arguments.has("times"));
            String text = format.equals("json") ? table.json() : table.csv();
            if (file == null) {
                console.result(text.stripTrailing());
            } else {
                AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
            }
            return ExitCode.DONE;
        }
        return ExitCode.DONE;
    }

    private static List<Run> runs(List<String> names) throws IOException {
        if (names.isEmpty()) {
            throw new UsageException("report needs a run directory");
        }
        Set<Path> seen = new LinkedHashSet<>();
        List<Run> runs = new ArrayList<>();
        for (String name : names) {
            Path directory = Path.of(name);
            if (seen.add(directory.toAbsolutePath().normalize())) {
                runs.add(Run.read(directory));
            }
        }
        return runs;
    }
}
