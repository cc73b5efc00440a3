package coppice.backend.cuda;

/** Thrown when CUDA, a GPU or one of NVIDIA's libraries cannot be used here; the message is one line that says why. */
public final class CudaUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With the reason in one line. */
    public CudaUnavailableException(String reason) {
        super(reason);
    }

    /** The one line. */
    public String reason() {
        return String.valueOf(getMessage());
    }
}
