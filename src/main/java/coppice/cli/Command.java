package coppice.cli;

import java.io.IOException;
import java.util.List;

/** One command of the program. */
interface Command {
    /** As typed. */
    String name();

    /** What it does, in a few words. */
    String summary();

    /** Its own options. */
    List<CommandOption> options();

    /** How its arguments are written in help, without options. */
    String usage();

    /** Sentences and examples that help adds. */
    String details();

    /** Does it; returns the exit code. */
    int run(Arguments arguments, Console console) throws IOException;
}
