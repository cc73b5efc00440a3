package coppice.cli;

import coppice.backend.Backend;
import coppice.run.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares a backend with the plain-Java one on this machine. */
final class SelftestCommand implements Command {
    @Override
    public String name() {
        return "selftest";
    }

    @Override
    public String summary() {
        return "compares a backend with plain Java, bit for bit";
    }

    @Override
    public String usage() {
        return "[--backend cpu|cuda] [--quick] [--json]";
    }

    @Override
    public String details() {
        return """
                Runs every operation of the backend and the same in plain Java, in small networks of many shapes,
                and compares all that they leave, bit for bit. Exit code 1 if anything differs; what comes after
                an operation that differs may differ because of it. With --spmm cusparse or --gemm cublas numbers
                need only be close: within 1e-4 of the greatest of those that belong together. A
                network that is not is drawn once more: a sum next to a knee may fall on its other side.

                  coppice selftest
                  coppice selftest --backend cuda --device 1
                  coppice selftest --backend cuda --quick --json
                  coppice selftest --backend cuda --spmm cusparse --gemm cublas""";
    }

    @Override
    public List<CommandOption> options() {
        List<CommandOption> options = new ArrayList<>(BackendChoice.options());
        // How far TF32 may be off depends on the numbers: at a knee of an activation by any amount.
        options.removeIf(option -> option.name().equals("tf32"));
        options.add(CommandOption.flag("quick", "a third of the cases, of small batches"));
        options.add(CommandOption.flag("json", "print one JSON object"));
        options.add(SampleOptions.VERBOSE);
        return options;
    }

    @Override
    public int run(Arguments arguments, Console console) {
        arguments.requireNoOperands();
        Selftest result;
        Map<String, Object> map = new LinkedHashMap<>();
        try (BackendChoice choice = BackendChoice.of(arguments)) {
            Backend backend = choice.backend();
            map.put("backend", backend.name());
            map.put("description", backend.description());
            result = Selftest.of(
                    backend,
                    SelftestCase.all(arguments.has("quick")),
                    choice.libraries().exact() ? 0 : Selftest.CLOSE);
        }
        if (arguments.has("json")) {
            map.put("passed", result.passed());
            map.put("tolerance", result.tolerance());
            map.put("first_difference", result.firstDifference());
            map.put("operations", result.operations());
            console.result(Json.compact(map));
        } else {
            print(map.get("backend") + ": " + map.get("description"), result, console);
        }
        return result.passed() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static void print(String backend, Selftest result, Console console) {
        console.result(backend);
        console.result("");
        Table table = new Table().row("operation", "cases", "result");
        for (Selftest.Operation operation : result.operations()) {
            String good = result.tolerance() == 0 ? "same bits" : "within " + result.tolerance();
            String text = operation.different() == 0 ? good : operation.different() + " differ";
            table.row(operation.name(), Integer.toString(operation.cases()), text);
        }
        table.lines(1).forEach(console::result);
        console.result("");
        console.result(result.passed() ? "no difference" : "first difference: " + result.firstDifference());
    }
}
