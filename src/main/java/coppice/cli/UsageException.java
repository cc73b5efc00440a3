package coppice.cli;

import java.util.function.Supplier;

/** Thrown for a command line that cannot be meant: exit code 2. */
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }

    /** Runs what a setting's value may make impossible; an illegal argument is then an error of usage. */
    static <T> T whereInvalid(Supplier<T> body) {
        try {
            return body.get();
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
    }
}
