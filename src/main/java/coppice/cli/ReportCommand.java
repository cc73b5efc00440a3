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

/** Shows what runs came to, as a table for scripts. */
final class ReportCommand implements Command {
    @Override
    public String name() {
        return "report";
    }

    @Override
    public String summary() {
        return "one run or many as a table, seeds taken together";
    }

    @Override
    public String usage() {
        return "RUN [RUN...] [options]";
    }

    @Override
    public String details() {
        return """
                Prints a row a group of runs whose settings differ in the seed alone: mean and standard deviation
                over the seeds that came to their end. The same runs give the same bytes, interrupted or not, in
                any order; --times adds what does not.

                  coppice report --table runs/sweep-* > sweep.csv
                  coppice report --table --format json runs/a runs/b""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(
                CommandOption.flag("table", "print a table, which is all it can do as yet"),
                new CommandOption("format", "csv|json", "csv", "Options", "of the table"),
                CommandOption.flag("times", "add times and memory to the table"),
                new CommandOption(
                        "out", "FILE", null, "Options", "where to, replaced as a whole; default standard output"),
                SampleOptions.VERBOSE);
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        String format = SampleOptions.choice(arguments, "format", "csv", "json");
        if (!arguments.has("table")) {
            throw new UsageException("report needs --table");
        }
        String out = arguments.find("out");
        Path file = out == null ? null : OutputFile.of("out", out);
        List<Run> runs = runs(arguments.operands());
        ResultTable table = new ResultTable(runs, arguments.has("times"));
        String text = format.equals("json") ? table.json() : table.csv();
        if (file == null) {
            console.result(text.stripTrailing());
        } else {
            AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
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
