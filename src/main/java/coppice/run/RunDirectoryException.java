package coppice.run;

import java.io.IOException;

/** Thrown when a run cannot have its directory: it is in use, holds another run or cannot be locked. */
public final class RunDirectoryException extends IOException {
    private static final long serialVersionUID = 1L;

    RunDirectoryException(String message) {
        super(message);
    }

    RunDirectoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
