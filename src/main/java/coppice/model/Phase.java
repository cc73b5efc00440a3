package coppice.model;

/** What a run spends its time on. */
public enum Phase {
    /** A step that a backend replays as a whole, or its end. */
    STEP,
    /** Gathering a batch. */
    INPUT,
    /** Outputs and loss. */
    FORWARD,
    /** Gradients of the neurons. */
    BACKWARD,
    /** Gradients of the weights, and learning. */
    UPDATE,
    /** Changing the topology. */
    EVOLUTION,
    /** Measuring on held-out samples. */
    EVALUATION,
    /** Anything else. */
    OTHER
}
