package coppice.report;

import coppice.train.EpochMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A measure over the epochs of several runs.
 *
 * @param numbers the epochs that all of the runs completed and measured
 * @param mean over the runs
 * @param low lower end of the 95 % confidence interval of the mean
 * @param high upper end
 * @param least least value of a run
 * @param greatest greatest value of a run
 */
@SuppressWarnings("ArrayRecordComponent") // made to be drawn, not compared
record Band(double[] numbers, double[] mean, double[] low, double[] high, double[] least, double[] greatest) {
    static Band of(List<Run> runs, Function<EpochMetrics, @Nullable Double> value) {
        List<double[]> columns = new ArrayList<>();
        Map<Integer, List<Double>> byEpoch = new TreeMap<>();
        for (Run run : runs) {
            for (EpochMetrics epoch : run.epochs()) {
                Double measured = value.apply(epoch);
                if (measured != null) {
                    byEpoch.computeIfAbsent(epoch.epoch(), key -> new ArrayList<>())
                            .add(measured);
                }
            }
        }
        byEpoch.forEach((epoch, values) -> {
            Statistic statistic = Statistic.of(values);
            if (statistic != null && values.size() == runs.size()) {
                double half = statistic.halfInterval();
                columns.add(new double[] {
                    epoch,
                    statistic.mean(),
                    statistic.mean() - half,
                    statistic.mean() + half,
                    values.stream().mapToDouble(Double::doubleValue).min().orElseThrow(),
                    values.stream().mapToDouble(Double::doubleValue).max().orElseThrow()
                });
            }
        });
        return new Band(
                column(columns, 0),
                column(columns, 1),
                column(columns, 2),
                column(columns, 3),
                column(columns, 4),
                column(columns, 5));
    }

    private static double[] column(List<double[]> columns, int part) {
        return columns.stream().mapToDouble(column -> column[part]).toArray();
    }
}
