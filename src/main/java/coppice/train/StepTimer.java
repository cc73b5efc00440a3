package coppice.train;

import coppice.model.Phase;
import java.util.EnumMap;

/** Adds up where time goes; reads the clock once at each change of phase. */
final class StepTimer {
    private final EnumMap<Phase, Long> nanos = new EnumMap<>(Phase.class);
    private Phase current = Phase.OTHER;
    private long since = System.nanoTime();

    void enter(Phase phase) {
        long now = System.nanoTime();
        nanos.merge(current, now - since, Long::sum);
        current = phase;
        since = now;
    }

    /** The seconds since the last call. */
    EpochMetrics.Seconds take() {
        enter(Phase.OTHER);
        double train = seconds(Phase.STEP)
                + seconds(Phase.INPUT)
                + seconds(Phase.FORWARD)
                + seconds(Phase.BACKWARD)
                + seconds(Phase.UPDATE);
        EpochMetrics.Seconds taken = new EpochMetrics.Seconds(
                seconds(Phase.INPUT),
                seconds(Phase.FORWARD),
                seconds(Phase.BACKWARD),
                seconds(Phase.UPDATE),
                seconds(Phase.EVOLUTION),
                seconds(Phase.EVALUATION),
                train);
        nanos.clear();
        return taken;
    }

    private double seconds(Phase phase) {
        return nanos.getOrDefault(phase, 0L) * 1e-9;
    }
}
