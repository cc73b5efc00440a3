package coppice.cli;

/** Thrown when the backend asked for cannot be used here: exit code 4. */
final class BackendUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackendUnavailableException(String message) {
        super(message);
    }
}
