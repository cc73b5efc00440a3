package coppice.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the help of the program and of its commands. */
final class Help {
    private static final int WIDTH = 100;
    private static final int INDENT = 32;

    private Help() {}

    static String program(List<Command> commands) {
        StringBuilder text = new StringBuilder("""
                Coppice trains neural networks that are sparse from the first step to the last.

                usage: coppice COMMAND [options]

                """);
        for (Command command : commands) {
            text.append(String.format("  %-10s %s%n", command.name(), command.summary()));
        }
        return text.append("""

                coppice COMMAND --help lists a command's options; coppice --version tells the version.
                First run, with an embedded data set:  coppice train
                Exit codes: 0 done, 1 failed, 2 usage, 3 bad data, 4 backend unavailable, 5 diverged,
                75 stopped with a checkpoint (run again with --resume).
                """).toString();
    }

    static String command(Command command) {
        StringBuilder text = new StringBuilder("usage: coppice " + command.name() + " " + command.usage() + "\n\n");
        text.append(command.details()).append('\n');
        Map<String, List<CommandOption>> groups = new LinkedHashMap<>();
        for (CommandOption option : command.options()) {
            groups.computeIfAbsent(option.group(), group -> new ArrayList<>()).add(option);
        }
        groups.forEach((group, options) -> {
            text.append('\n').append(group).append(":\n");
            options.forEach(option -> text.append(option(option)));
        });
        return text.toString();
    }

    private static String option(CommandOption option) {
        String left = "  --" + option.name() + (option.argument() == null ? "" : " " + option.argument());
        String right =
                option.help() + (option.defaultValue() == null ? "" : " (default " + option.defaultValue() + ")");
        StringBuilder text = new StringBuilder(left);
        int column = left.length();
        if (column >= INDENT - 1) {
            text.append('\n');
            column = 0;
        }
        text.append(" ".repeat(INDENT - column));
        column = INDENT;
        for (String word : right.split(" ", -1)) {
            if (column > INDENT && column + 1 + word.length() > WIDTH) {
                text.append('\n').append(" ".repeat(INDENT));
                column = INDENT;
            }
            text.append(column == INDENT ? "" : " ").append(word);
            column += word.length() + (column == INDENT ? 0 : 1);
        }
        return text.append('\n').toString();
    }
}
