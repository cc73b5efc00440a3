package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.ClassBalance;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.Imputation;
import coppice.data.Normalization;
import coppice.run.TrainingStatistics;
import coppice.train.Settings;
import coppice.train.TrainConfig;
import coppice.train.TrainData;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes samples ready to train on, and keeps what was measured on the training samples for it. */
final class TrainingSamples {
    private static final int FEW = 20; // samples, of which each may well have a class of its own

    private TrainingSamples() {}

    static TrainData prepare(Datasets.Parts parts, Settings settings) {
        Imputation imputation = imputation(settings, parts.train());
        Dataset train = imputation == null ? parts.train() : imputation.apply(parts.train());
        Normalization.Kind kind =
                UsageException.whereInvalid(() -> Normalization.Kind.parse(settings.get("normalize")));
        Normalization normalization = UsageException.whereInvalid(() -> Normalization.fit(kind, train.features()));
        return new TrainData(
                train,
                filled(imputation, parts.validation()),
                filled(imputation, parts.test()),
                normalization,
                new TrainingStatistics(
                        imputation == null ? null : imputation.means(),
                        isBalanced(settings) ? balancedWeights(train) : null,
                        train.targets().length == 0 ? null : meanAndDeviation(train.targets())),
                normalization);
    }

    private static boolean isBalanced(Settings settings) {
        return settings.find("class-weights") != null
                && UsageException.whereInvalid(
                        () -> settings.parse("class-weights", "balanced or none", text -> switch (text) {
                            case "balanced" -> true;
                            case "none" -> false;
                            default -> null;
                        }));
    }

    /** Samples / (classes * samples of the class), as scikit-learn has it; 1 for a class without training samples. */
    private static float[] balancedWeights(Dataset train) {
        int[] counts = train.classCounts();
        double present = Arrays.stream(counts).filter(count -> count > 0).count();
        float[] weights = new float[counts.length];
        for (int c = 0; c < weights.length; c++) {
            weights[c] = counts[c] == 0 ? 1 : (float) (train.rows() / (present * counts[c]));
        }
        return weights;
    }

    /** Population standard deviation; 1 for numbers that are all the same. */
    private static float[] meanAndDeviation(float[] numbers) {
        double mean = 0;
        for (float number : numbers) {
            mean += (double) number / numbers.length;
        }
        double variance = 0;
        for (float number : numbers) {
            variance += (number - mean) * (number - mean) / numbers.length;
        }
        float deviation = (float) Math.sqrt(variance);
        return new float[] {(float) mean, deviation > 0 ? deviation : 1};
    }

    /** What a user should know of the training labels. */
    static List<String> remarks(TrainData data, TrainConfig config) {
        float[] target = data.statistics().target();
        if (target != null) {
            return List.of(String.format(
                    Locale.ROOT,
                    "numbers to predict have mean %.6g and standard deviation %.6g; losses are in its squares",
                    target[0],
                    target[1]));
        }
        if (!config.classifies()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        Dataset train = data.train();
        ClassBalance balance = ClassBalance.of(train);
        if (train.rows() >= FEW && train.classes().size() > train.rows() / 2) {
            lines.add("the labels are " + train.classes().size() + " classes for " + train.rows()
                    + " samples; --task regression predicts numbers");
        } else if (data.statistics().classWeights() != null) {
            lines.add("class weights balanced: " + balance);
        } else if (balance.ratio() >= ClassBalance.MUCH) {
            lines.add("classes are imbalanced: " + balance + "; --class-weights balanced makes them count alike");
        }
        return lines;
    }

    private static @Nullable Imputation imputation(Settings settings, Dataset train) {
        try {
            return DataSources.fillsMissing(settings) ? Imputation.fit(train.features()) : null;
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(Path.of(settings.get("data")), String.valueOf(e.getMessage()));
        }
    }

    private static @Nullable Dataset filled(@Nullable Imputation imputation, @Nullable Dataset data) {
        return imputation == null || data == null ? data : imputation.apply(data);
    }
}
