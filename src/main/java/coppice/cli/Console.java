package coppice.cli;

import java.io.PrintStream;

/**
 * Where a command writes: results to standard output, all else to standard error.
 *
 * @param out results
 * @param err progress and messages
 * @param terminal whether a person watches {@code err}
 */
record Console(PrintStream out, PrintStream err, boolean terminal) {
    void result(String line) {
        out.println(line);
    }

    void message(String line) {
        err.println(line);
    }
}
