package coppice.train;

import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.run.TrainingStatistics;
import org.jspecify.annotations.Nullable;

/**
 * The samples of a run.
 *
 * @param train to learn from
 * @param validation chooses the best epoch in place of the test set; null for none
 * @param test to report; null for none
 * @param normalization fitted on the training samples, and kept with the model
 * @param statistics what else was measured on the training samples, kept with the model, too
 * @param applied what batches go through: that, or nothing where the samples went through it already
 */
public record TrainData(
        Dataset train,
        @Nullable Dataset validation,
        @Nullable Dataset test,
        Normalization normalization,
        TrainingStatistics statistics,
        Normalization applied) {
    /** Samples that go through the normalization batch by batch. */
    public TrainData(Dataset train, @Nullable Dataset validation, @Nullable Dataset test, Normalization normalization) {
        this(train, validation, test, normalization, TrainingStatistics.NONE, normalization);
    }
}
