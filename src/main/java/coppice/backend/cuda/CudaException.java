package coppice.backend.cuda;

/** A call to CUDA that failed; the message is one line that says what was being done. */
public final class CudaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CudaException(String message) {
        super(message);
    }
}
