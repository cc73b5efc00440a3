package coppice.train;

import coppice.data.Binarization;
import coppice.data.Dataset;
import coppice.data.Normalization;
import coppice.matrix.DenseMatrix;
import coppice.model.ContrastiveDivergence;
import coppice.model.VisibleUnits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run of a restricted Boltzmann machine has in place of classes and a loss.
 *
 * @param divergence how samples of the machine are drawn
 * @param binarization how features become 0 and 1 before training; null to take them as probabilities
 * @param biasFromData whether the visible biases start as those of the base-rate model, or at zero
 */
public record RbmConfig(
        ContrastiveDivergence divergence, @Nullable Binarization binarization, boolean biasFromData) {
    private static final int PSEUDO_SAMPLES = 5; // of each state, so that no mean is 0 or 1

    static RbmConfig of(Settings settings) {
        String binarize = settings.parse(
                "binarize",
                "none, threshold, sample or resample",
                text -> List.of("none", "threshold", "sample", "resample").contains(text) ? text : null);
        return new RbmConfig(
                new ContrastiveDivergence(
                        settings.integer("cd-steps", 1),
                        settings.is("persistent"),
                        settings.parse("visible", "states or probabilities", text -> switch (text) {
                            case "states" -> true;
                            case "probabilities" -> false;
                            default -> null;
                        }),
                        binarize.equals("resample")),
                switch (binarize) {
                    case "threshold" -> Binarization.THRESHOLD;
                    case "sample" -> Binarization.SAMPLE;
                    default -> null;
                },
                settings.parse("visible-bias", "data or zero", text -> switch (text) {
                    case "data" -> true;
                    case "zero" -> false;
                    default -> null;
                }));
    }

    /**
     * The samples as the machine takes them.
     *
     * <p>Parts to measure on are binarized once where those to learn from are drawn anew each step.
     *
     * @throws IllegalArgumentException if a normalized feature is outside [0, 1]
     */
    public TrainData prepare(TrainData data, long seed) {
        Normalization normalization = data.normalization();
        Dataset train = data.train();
        requireProbabilities(train, "training", normalization);
        if (divergence.resample()) {
            train = normalized(train, normalization);
        } else if (binarization != null) {
            train = binarization.apply(train, normalization, seed, 0);
        }
        return new TrainData(
                train,
                heldOut(data.validation(), "validation", normalization, seed, 1),
                heldOut(data.test(), "test", normalization, seed, 2),
                normalization,
                data.statistics(),
                applied(normalization));
    }

    /** What batches of prepared samples still go through. */
    public Normalization applied(Normalization normalization) {
        boolean prepared = divergence.resample() || binarization != null;
        return prepared ? Normalization.none(normalization.features()) : normalization;
    }

    /** Samples to measure on. */
    public @Nullable Dataset heldOut(
            @Nullable Dataset data, String name, Normalization normalization, long seed, int part) {
        if (data == null) {
            return null;
        }
        requireProbabilities(data, name, normalization);
        Binarization kind = divergence.resample() ? Binarization.SAMPLE : binarization;
        return kind == null ? data : kind.apply(data, normalization, seed, part);
    }

    private static Dataset normalized(Dataset data, Normalization normalization) {
        int columns = data.featureCount();
        float[] values = new float[data.valueCount()];
        for (int row = 0; row < data.rows(); row++) {
            normalization.applyRow(data.features(), row, values, row * columns);
        }
        return data.withFeatures(new DenseMatrix(data.rows(), columns, values));
    }

    /** The visible units that training starts from. */
    VisibleUnits firstUnits(TrainData data) {
        float[] base = baseBias(data);
        return new VisibleUnits(biasFromData ? base.clone() : new float[base.length], List.of(), base, null);
    }

    /** The log odds of each unit over the training samples and some pseudo-samples. */
    private static float[] baseBias(TrainData data) {
        Dataset train = data.train();
        float[] values = new float[train.featureCount()];
        double[] sums = new double[values.length];
        for (int row = 0; row < train.rows(); row++) {
            data.applied().applyRow(train.features(), row, values, 0);
            for (int c = 0; c < values.length; c++) {
                sums[c] += values[c];
            }
        }
        float[] bias = new float[values.length];
        for (int c = 0; c < bias.length; c++) {
            double on = sums[c] + PSEUDO_SAMPLES;
            bias[c] = (float) StrictMath.log(on / (train.rows() + 2 * PSEUDO_SAMPLES - on));
        }
        return bias;
    }

    private static void requireProbabilities(Dataset data, String name, Normalization normalization) {
        float[] values = new float[data.featureCount()];
        for (int row = 0; row < data.rows(); row++) {
            normalization.applyRow(data.features(), row, values, 0);
            for (int c = 0; c < values.length; c++) {
                if (!(values[c] >= 0 && values[c] <= 1)) {
                    throw new IllegalArgumentException(
                            "a restricted Boltzmann machine takes features in [0, 1] but feature "
                                    + (c + 1) + " of " + name + " sample " + (row + 1) + " is " + values[c]
                                    + " after --normalize " + normalization.kind());
                }
            }
        }
    }
}
