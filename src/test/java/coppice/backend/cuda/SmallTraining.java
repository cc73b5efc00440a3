package coppice.backend.cuda;

import coppice.backend.Backend;
import coppice.backend.Update;
import java.util.List;

/** A small network with its samples, to be trained step by step on a backend; the same each time it is made. */
interface SmallTraining {
    int SAMPLES = 13;
    int BATCH = 5;

    /** Makes one on a backend. */
    @FunctionalInterface
    interface Maker {
        SmallTraining make(Backend backend, Update.Kind kind);
    }

    /** A training step as {@link Backend#step}, which may record and replay it. */
    void step(int start, int step);

    /** A training step operation by operation. */
    void stepDirectly(int start, int step);

    /** An evaluation of one batch as {@link Backend#step}. */
    void evaluate(int start);

    /** An evaluation of one batch operation by operation. */
    void evaluateDirectly(int start);

    /** Another topology, with every second connection's state kept. */
    void rewire();

    /** All that was learned, and the totals. */
    List<float[]> results();

    /** Samples in the batch that starts at a place of the order. */
    static int batchAt(int start) {
        return Math.min(BATCH, SAMPLES - start);
    }

    /** A step with a rate of its own. */
    static Update update(Update.Kind kind, int step) {
        float rate = 0.05f / (step + 1);
        return kind == Update.Kind.ADAM
                ? new Update(kind, rate, 0.9f, 0.01f, false, 0.999f, 3.7f + step, 1e-8f)
                : new Update(kind, rate, 0.9f, 0.01f, false, 0, 0, 0);
    }
}
