package coppice;

import java.nio.file.Path;

/**
 * Thrown when a file does not hold what its format or its use requires.
 *
 * <p>The message is one line, {@code PATH:WHERE: reason}; the command line ends with exit code 3.
 */
public final class MalformedDataException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private MalformedDataException(String message) {
        super(message);
    }

    /** A fault at a line of a text file; {@code line} counts from 1. */
    public static MalformedDataException atLine(Path path, long line, String reason) {
        return new MalformedDataException(path + ":" + line + ": " + reason);
    }

    /** A fault at a byte of a binary file; {@code offset} counts from 0. */
    public static MalformedDataException atOffset(Path path, long offset, String reason) {
        return new MalformedDataException(path + ": at byte " + offset + ": " + reason);
    }

    /** A fault of the file as a whole. */
    public static MalformedDataException inFile(Path path, String reason) {
        return new MalformedDataException(path + ": " + reason);
    }
}
