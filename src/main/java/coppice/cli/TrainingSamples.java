package coppice.cli;

import coppice.MalformedDataException;
import coppice.data.Dataset;
import coppice.data.Datasets;
import coppice.data.Imputation;
import coppice.data.Normalization;
import coppice.run.TrainingStatistics;
import coppice.train.Settings;
import coppice.train.TrainData;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Makes samples ready to train on, and keeps what was measured on the training samples for it. */
final class TrainingSamples {
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
                new TrainingStatistics(imputation == null ? null : imputation.means(), null, null),
                normalization);
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
