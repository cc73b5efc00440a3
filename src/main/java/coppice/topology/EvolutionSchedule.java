package coppice.topology;

/**
 * When a topology changes.
 *
 * @param every number of epochs between evolutions, at least 1; 0 keeps the topology as it is (static)
 * @param atEnd what happens after the last epoch
 */
public record EvolutionSchedule(int every, AtEnd atEnd) {
    /** What happens after the last epoch. */
    public enum AtEnd {
        /** Weak connections are cut and none grow, as in the paper and the reference RBM. */
        PRUNE,
        /** The topology stays, as in the reference SciPy MLP. */
        NONE,
        /** As after any other epoch, as in the reference Keras MLP. */
        EVOLVE
    }

    /** What to do now. */
    public enum Action {
        /** Leave the topology. */
        NONE,
        /** Cut only. */
        PRUNE,
        /** Cut and grow. */
        EVOLVE
    }

    /** Checks the range. */
    public EvolutionSchedule {
        if (every < 0) {
            throw new IllegalArgumentException("evolve-every must be at least 0 but was " + every);
        }
    }

    /**
     * What to do at the end of an epoch.
     *
     * @param epoch the epoch that ended, from 1
     * @param epochs number of epochs of the whole run
     */
    public Action after(int epoch, int epochs) {
        if (every == 0) {
            return Action.NONE;
        }
        if (epoch == epochs) {
            return switch (atEnd) {
                case PRUNE -> Action.PRUNE;
                case NONE -> Action.NONE;
                case EVOLVE -> Action.EVOLVE;
            };
        }
        return epoch % every == 0 ? Action.EVOLVE : Action.NONE;
    }
}
