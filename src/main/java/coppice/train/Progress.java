package coppice.train;

/** Hears how training goes on; the command line shows it. */
public interface Progress {
    /** Says nothing. */
    Progress NONE = new Progress() {
        @Override
        public void step(int epoch, int step, int steps) {}

        @Override
        public void epoch(EpochMetrics metrics, int epochs) {}
    };

    /**
     * A step was made.
     *
     * @param epoch the epoch, from 1
     * @param step steps made in it
     * @param steps steps it has
     */
    void step(int epoch, int step, int steps);

    /**
     * An epoch was completed.
     *
     * @param epochs epochs of the whole run
     */
    void epoch(EpochMetrics metrics, int epochs);
}
