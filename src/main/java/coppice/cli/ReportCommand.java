package coppice.cli;

import coppice.model.Shape;
import coppice.parallel.WorkerPool;
import coppice.report.ReportPage;
import coppice.report.ResultTable;
import coppice.report.Run;
import coppice.run.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Shows what runs came to: a page with charts, or a table for scripts. */
final class ReportCommand implements Command {
    private static final int BOOTSTRAPS = 200;

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
                CommandOption.value(
                        "image", "HxW|CxHxW", "how the features form an image, where the data did not say (28x28)"),
                new CommandOption(
                        "bootstraps",
                        "N",
                        Integer.toString(BOOTSTRAPS),
                        "Options",
                        "samples behind the p-value of each power law, 0 for none"),
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
        requireTable(arguments);
        String format = SampleOptions.choice(arguments, "format", "csv", "json");
        int bootstraps = arguments.wholeNumber("bootstraps", BOOTSTRAPS, 0);
        Shape image = image(arguments.find("image"));
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
        } else {
            ReportPage report = UsageException.whereInvalid(() -> new ReportPage(runs, bootstraps, image));
            Path page = file != null ? file : page(runs);
            try (WorkerPool pool = new WorkerPool(Runtime.getRuntime().availableProcessors())) {
                String html = report.html(pool);
                AtomicFile.write(page, html.getBytes(StandardCharsets.UTF_8));
            }
            console.result(page.toString());
        }
        return ExitCode.DONE;
    }

    private static void requireTable(Arguments arguments) {
        boolean table = arguments.has("table");
        for (String option : table ? List.of("image", "bootstraps") : List.of("format", "times")) {
            if (arguments.has(option)) {
                throw new UsageException(option + (table ? " does not apply to --table" : " needs --table"));
            }
        }
    }

    /** Where a page goes that is given no place. */
    private static Path page(List<Run> runs) {
        return runs.size() == 1 ? runs.get(0).path().resolve("report.html") : Path.of("report.html");
    }

    /** Rows and columns of pixels, and channels before them, as 28x28 or 3x32x32. */
    private static @Nullable Shape image(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (!text.matches("([1-9][0-9]{0,4}x){1,2}[1-9][0-9]{0,4}")) {
            throw new UsageException("image must be HEIGHTxWIDTH or CHANNELSxHEIGHTxWIDTH but was '" + text + "'");
        }
        int[] extents =
                Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
        return UsageException.whereInvalid(() -> extents.length == 2
                ? new Shape(1, extents[0], extents[1])
                : new Shape(extents[0], extents[1], extents[2]));
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
