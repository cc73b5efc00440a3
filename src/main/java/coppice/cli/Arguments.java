package coppice.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/** The options and operands that a command was given. */
final class Arguments {
    private final CommandLine line;
    private final List<String> words;

    private Arguments(CommandLine line, List<String> words) {
        this.line = line;
        this.words = words;
    }

    /** Parses the words after the command's name. */
    static Arguments parse(Command command, List<String> words) {
        Options options = new Options();
        for (CommandOption option : command.options()) {
            options.addOption(Option.builder()
                    .longOpt(option.name())
                    .hasArg(option.argument() != null)
                    .get());
        }
        options.addOption(Option.builder("h").longOpt("help").get());
        try {
            // Abbreviations would change their meaning whenever an option is added.
            CommandLine line = DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .get()
                    .parse(options, words.toArray(new String[0]));
            return new Arguments(line, List.copyOf(words));
        } catch (ParseException e) {
            throw new UsageException(command.name() + ": " + e.getMessage());
        }
    }

    boolean wantsHelp() {
        return line.hasOption("help");
    }

    boolean has(String option) {
        return line.hasOption(option);
    }

    /** The value of an option, the last one if it was given more than once; null if it was not given. */
    @Nullable
    String find(String option) {
        String[] values = line.getOptionValues(option);
        return values == null || values.length == 0 ? null : values[values.length - 1];
    }

    /** The value of an option that the command cannot do without. */
    String require(String option) {
        String value = find(option);
        if (value == null) {
            throw new UsageException("--" + option + " is needed");
        }
        return value;
    }

    /** The value of an option that is a whole number of at least {@code least}. */
    int wholeNumber(String option, int otherwise, int least) {
        String text = find(option);
        if (text == null) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text);
            if (value >= least) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new UsageException(option + " must be a whole number of at least " + least + " but was '" + text + "'");
    }

    /** All options given, switches as "true". */
    Map<String, String> options() {
        Map<String, String> given = new LinkedHashMap<>();
        for (Option option : line.getOptions()) {
            String name = option.getLongOpt();
            String value = option.hasArg() ? find(name) : "true";
            if (value != null) {
                given.put(name, value);
            }
        }
        return given;
    }

    /** What is no option. */
    List<String> operands() {
        return line.getArgList();
    }

    /** Fails unless there are no operands. */
    void requireNoOperands() {
        if (!operands().isEmpty()) {
            throw new UsageException("unexpected argument '" + operands().get(0) + "'");
        }
    }

    /** All words as typed. */
    List<String> words() {
        return words;
    }
}
