package coppice.data;

/** Hears how a fetch gets on, possibly on another thread. */
public interface FetchListener {
    /** Hears nothing. */
    FetchListener SILENT = new FetchListener() {
        @Override
        public void progress(String what, long done, long total) {}

        @Override
        public void sourceFailed(String reason) {}
    };

    /**
     * Bytes have arrived.
     *
     * @param what the file or package
     * @param done bytes so far
     * @param total bytes in all, -1 if unknown
     */
    void progress(String what, long done, long total);

    /** A source gave no usable files, for a reason of one line; the next one is tried. */
    void sourceFailed(String reason);
}
