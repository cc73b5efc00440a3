package coppice.data;

import java.util.Arrays;
import java.util.function.Function;

/**
 * Takes a line of an ARFF file apart: words, names and values, which may be quoted and then hold escapes.
 *
 * <p>A word ends at a blank, a comma or a brace; {@code %} at the start of one makes the rest of the line a comment.
 */
final class ArffScanner {
    private final Function<String, RuntimeException> fault;
    private char[] line = new char[0];
    private int at;
    private int end;
    private char[] word = new char[64];
    private int length;
    private boolean quoted;

    /**
     * A scanner.
     *
     * @param fault makes an exception of what is wrong with the line
     */
    ArffScanner(Function<String, RuntimeException> fault) {
        this.fault = fault;
    }

    /** Starts with a line, which must not change before the next one. */
    void start(char[] text, int count) {
        line = text;
        at = 0;
        end = count;
    }

    /** Whether nothing but blanks and a comment is left. */
    boolean atEnd() {
        while (at < end && line[at] <= ' ') {
            at++;
        }
        return at == end || line[at] == '%';
    }

    /** Passes {@code c}, if it is what comes next after blanks. */
    boolean passes(char c) {
        if (atEnd() || line[at] != c) {
            return false;
        }
        at++;
        return true;
    }

    /** Reads the next word; an empty one before a comma or a brace. */
    void readWord() {
        length = 0;
        quoted = !atEnd() && (line[at] == '\'' || line[at] == '"');
        if (quoted) {
            readQuoted(line[at++]);
            return;
        }
        while (at < end && line[at] > ' ' && line[at] != ',' && line[at] != '{' && line[at] != '}') {
            add(line[at++]);
        }
    }

    private void readQuoted(char quote) {
        while (at < end && line[at] != quote) {
            char c = line[at++];
            if (c == '\\' && at < end) {
                c = switch (line[at]) {
                    case 'n' -> '\n';
                    case 't' -> '\t';
                    case 'r' -> '\r';
                    default -> line[at];
                };
                at++;
            }
            add(c);
        }
        if (at == end) {
            throw fault.apply("a quote is not closed");
        }
        at++;
    }

    private void add(char c) {
        if (length == word.length) {
            word = Arrays.copyOf(word, Capacity.grown(length));
        }
        word[length++] = c;
    }

    /** The characters of the word, valid up to {@link #length} until the next one. */
    char[] characters() {
        return word;
    }

    int length() {
        return length;
    }

    /** Whether the word says that a value is missing. */
    boolean isMissing() {
        return !quoted && Numbers.isMissing(word, 0, length);
    }

    /** The word as text. */
    String word() {
        return new String(word, 0, length);
    }

    /** The word as an error message shows it. */
    String shown() {
        return "'" + Numbers.shown(word, 0, length) + "'";
    }
}
