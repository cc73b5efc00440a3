package coppice.data;

import java.io.IOException;
import java.io.Reader;
import java.util.Arrays;

/** Reads lines into one reused array instead of a string each. */
final class LineBuffer {
    private final Reader reader;
    private final char[] block = new char[1 << 14];
    private int at;
    private int end;
    private char[] line = new char[256];
    private int length;

    LineBuffer(Reader reader) {
        this.reader = reader;
    }

    /** Reads the next line, ended by LF, CR LF or the end of the text; false if there is none. */
    boolean next() throws IOException {
        length = 0;
        boolean any = false;
        while (true) {
            if (at == end) {
                at = 0;
                end = Math.max(0, reader.read(block, 0, block.length));
                if (end == 0) {
                    return any;
                }
            }
            any = true;
            char c = block[at++];
            if (c == '\n') {
                if (length > 0 && line[length - 1] == '\r') {
                    length--;
                }
                return true;
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, Capacity.grown(length));
            }
            line[length++] = c;
        }
    }

    /** The characters of the line, valid up to {@link #length} until the next call of {@link #next}. */
    char[] characters() {
        return line;
    }

    int length() {
        return length;
    }
}
