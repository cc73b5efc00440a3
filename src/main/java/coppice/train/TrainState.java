package coppice.train;

import org.jspecify.annotations.Nullable;

/**
 * Where a run stands: all that resuming needs beside the network.
 *
 * <p>Random numbers have no state of their own, so this is small. Times are not in it: an interrupted run writes the
 * same checkpoints as one that was not.
 */
public final class TrainState {
    /** Epochs completed. */
    public int epochsDone;
    /** Updates made. */
    public int step;
    /** Updates made in the open epoch. */
    public int stepInEpoch;
    /** Whether the epoch after {@link #epochsDone} has begun, its evolution included. */
    public boolean epochOpen;
    /** Sum of the open epoch's losses. */
    public double openLoss;
    /** Right answers in the open epoch. */
    public long openCorrect;
    /** Evolutions made. */
    public int evolutions;
    /** Connections that have existed so far; one that grows again counts again. */
    public long connectionsExplored;
    /** Whether training began with the weights of a saved network rather than with weights drawn for it. */
    public boolean fromSaved;
    /** Mean training loss of the last epoch. */
    public @Nullable Double trainLoss;
    /** Training accuracy of the last epoch, dropout included. */
    public @Nullable Double trainAccuracy;
    /** Mean test loss at the last evaluation. */
    public @Nullable Double testLoss;
    /** Test accuracy at the last evaluation. */
    public @Nullable Double testAccuracy;
    /** Validation accuracy at the last evaluation. */
    public @Nullable Double validationAccuracy;
    /** What chose an epoch as the best: its accuracy, or of a machine its reconstruction error below zero. */
    public @Nullable Double bestScore;
    /** Test accuracy of the best epoch. */
    public @Nullable Double bestTestAccuracy;
    /** The best epoch, from 1. */
    public @Nullable Integer bestEpoch;
}
