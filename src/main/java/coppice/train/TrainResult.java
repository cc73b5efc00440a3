package coppice.train;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a run: the content of {@code result.json} and the last line on standard output.
 *
 * @param status {@code completed}, {@code target-reached}, {@code stopped} or {@code diverged}
 * @param epochs epochs completed
 * @param steps updates made
 * @param trainLoss mean over the last epoch
 * @param trainAccuracy over the last epoch, dropout included
 * @param testLoss at the last evaluation
 * @param testAccuracy at the last evaluation
 * @param bestTestAccuracy test accuracy of the best epoch
 * @param bestEpoch from 1
 * @param connections stored weights
 * @param parameters learned numbers
 * @param seconds of this process in training, all included
 * @param trainSecondsPerEpoch mean time of training an epoch in this process
 * @param peakMemoryBytes greatest resident memory of this process
 * @param backend name of the backend
 * @param checkpoint path of the last checkpoint
 * @param checkpointSha256 of that file
 */
public record TrainResult(
        String status,
        int epochs,
        int steps,
        @Nullable Double trainLoss,
        @Nullable Double trainAccuracy,
        @Nullable Double testLoss,
        @Nullable Double testAccuracy,
        @Nullable Double bestTestAccuracy,
        @Nullable Integer bestEpoch,
        long connections,
        long parameters,
        double seconds,
        @Nullable Double trainSecondsPerEpoch,
        long peakMemoryBytes,
        String backend,
        @Nullable String checkpoint,
        @Nullable String checkpointSha256) {}
