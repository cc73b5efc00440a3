package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Catalogue;
import coppice.data.CatalogueEntry;
import coppice.data.DatasetDescription;
import coppice.data.Datasets;
import coppice.run.Json;
import coppice.train.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Lists, fetches and describes data sets. */
final class DataCommand implements Command {
    @Override
    public String name() {
        return "data";
    }

    @Override
    public String summary() {
        return "list, fetch and describe data sets";
    }

    @Override
    public String usage() {
        return "list | fetch NAME | describe NAME|PATH[,PATH...] [options]";
    }

    @Override
    public String details() {
        return """
                list shows the data sets known by name; fetch brings one to this machine, checks it and prints
                where it is; describe tells what files, or a known data set's training files, hold.

                  coppice data list
                  coppice data fetch fashion-mnist
                  coppice data describe wine.csv --label quality --json""";
    }

    @Override
    public List<CommandOption> options() {
        List<CommandOption> own = List.of(
                new CommandOption(
                        "data-dir",
                        "DIR",
                        "$COPPICE_DATA or the user's cache",
                        "Options",
                        "where fetched data sets lie"),
                CommandOption.flag("json", "list, describe: print one JSON value"),
                new CommandOption(
                        "task",
                        "KIND",
                        "classification",
                        "Options",
                        "describe: classification, or regression for labels that" + " are numbers"),
                SampleOptions.VERBOSE);
        return Stream.concat(own.stream(), SampleOptions.format("found out").stream())
                .toList();
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        List<String> operands = arguments.operands();
        String action = operands.isEmpty() ? "" : operands.get(0);
        String given = arguments.find("data-dir");
        Path directory = given == null ? DataSources.dataDirectory() : Path.of(given);
        switch (action) {
            case "list" -> {
                requireOperands(operands, 1, "list takes no name");
                list(directory, arguments.has("json"), console);
            }
            case "fetch" -> {
                requireOperands(operands, 2, "fetch needs the name of one data set");
                fetch(operands.get(1), directory, console);
            }
            case "describe" -> {
                requireOperands(operands, 2, "describe needs one data set: a name, or files separated by commas");
                describe(operands.get(1), directory, arguments, console);
            }
            default ->
                throw new UsageException(
                        "data needs list, fetch or describe" + (action.isEmpty() ? "" : " but got '" + action + "'"));
        }
        return ExitCode.DONE;
    }

    private static void requireOperands(List<String> operands, int count, String message) {
        if (operands.size() != count) {
            throw new UsageException("data " + message);
        }
    }

    private static void list(Path directory, boolean json, Console console) {
        Table table = new Table().row("name", "train", "test", "features", "classes", "here", "licence");
        List<Map<String, @Nullable Object>> all = new ArrayList<>();
        for (CatalogueEntry entry : Catalogue.standard().entries()) {
            String presence = presence(entry, directory);
            table.row(
                    entry.name(),
                    Integer.toString(entry.trainRows()),
                    Integer.toString(entry.testRows()),
                    Integer.toString(entry.features()),
                    entry.classes() == 0 ? "-" : Integer.toString(entry.classes()),
                    presence,
                    entry.licence());
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            map.put("name", entry.name());
            map.put("title", entry.title());
            map.put("train_rows", entry.trainRows());
            map.put("test_rows", entry.testRows());
            map.put("features", entry.features());
            map.put("classes", entry.classes());
            map.put("image", entry.image());
            map.put("here", presence);
            map.put("licence", entry.licence());
            map.put("citation", entry.citation());
            all.add(map);
        }
        if (json) {
            console.result(Json.compact(all));
        } else {
            table.lines(1).forEach(console::result);
        }
    }

    private static String presence(CatalogueEntry entry, Path directory) {
        if (entry.embedded()) {
            return "embedded";
        }
        try {
            Catalogue.standard().locate(entry.name(), directory);
            return "yes";
        } catch (MalformedDataException e) {
            return "no";
        }
    }

    private static void fetch(String name, Path directory, Console console) throws IOException {
        Optional<CatalogueEntry> entry = Catalogue.standard().find(name);
        if (entry.isEmpty()) {
            List<String> known = Catalogue.standard().entries().stream()
                    .map(CatalogueEntry::name)
                    .toList();
            throw new UsageException("there is no data set '" + name + "'; known are " + String.join(", ", known));
        }
        if (entry.get().embedded()) {
            console.message("data set " + name + " comes with Coppice: there is nothing to fetch");
            return;
        }
        try (FetchView view = new FetchView(console)) {
            boolean fetched = Catalogue.standard().fetch(name, directory, view);
            view.clear();
            console.message(fetched ? "fetched and verified" : "already here and verified");
        }
        console.result(directory.resolve(name).toString());
    }

    private static void describe(String data, Path directory, Arguments arguments, Console console) {
        Map<String, Object> map = description(data, directory, arguments).toMap();
        if (arguments.has("json")) {
            console.result(Json.compact(map));
            return;
        }
        Table table = new Table();
        map.forEach((name, value) -> table.row(
                name, value instanceof Number || value instanceof String ? value.toString() : Json.compact(value)));
        table.lines(1).forEach(console::result);
    }

    private static DatasetDescription description(String data, Path directory, Arguments arguments) {
        Optional<CatalogueEntry> known = Catalogue.standard().find(data);
        if (known.isEmpty()) {
            String task = arguments.find("task");
            Settings settings = SampleOptions.settings(task == null ? Map.of() : Map.of("task", task), arguments);
            return DatasetDescription.of(UsageException.whereInvalid(() -> DataSources.request(settings, data)));
        }
        if (known.get().embedded()) {
            return DatasetDescription.of(Datasets.digits(), List.of());
        }
        Catalogue catalogue = Catalogue.standard();
        return DatasetDescription.of(catalogue.request(data, catalogue.locate(data, directory)));
    }
}
