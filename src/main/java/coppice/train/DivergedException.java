package coppice.train;

/** Thrown when the training loss is no longer finite. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The result to report; its checkpoint is the last one before the divergence. */
    private final transient TrainResult result;

    DivergedException(String message, TrainResult result) {
        super(message);
        this.result = result;
    }

    /** The result to report. */
    public TrainResult result() {
        return result;
    }
}
