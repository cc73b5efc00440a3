package coppice.report;

import coppice.run.Json;
import coppice.train.EpochMetrics;
import coppice.train.TrainResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The results of many runs, a row a group of seeds.
 *
 * <p>A function of the runs' settings and numbers alone: neither the order in which they are given, nor where, when or
 * how fast they went, nor whether they were interrupted changes a byte of it, unless times are asked for.
 */
public final class ResultTable {
    private final List<Map<String, @Nullable Object>> rows = new ArrayList<>();

    /**
     * Sums up runs.
     *
     * @param times whether to add columns of times and memory; runs on different backends are then of different groups
     */
    public ResultTable(List<Run> runs, boolean times) {
        Comparison comparison = Comparison.of(runs, times);
        for (Group group : comparison.groups()) {
            Map<String, @Nullable Object> row = new LinkedHashMap<>();
            comparison.varied().forEach(name -> row.put(name, group.settings().get(name)));
            row.put("runs", group.runs().size());
            row.put("finished", group.finished().size());
            row.put("seeds", group.runs().stream().map(Run::seed).toList());
            addResults(row, group);
            if (times) {
                addTimes(row, group);
            }
            rows.add(row);
        }
    }

    private static void addResults(Map<String, @Nullable Object> row, Group group) {
        add(row, "epochs", group, of(TrainResult::epochs));
        add(row, "best_epoch", group, of(TrainResult::bestEpoch));
        add(row, "train_loss", group, of(TrainResult::trainLoss));
        add(row, "train_accuracy", group, of(TrainResult::trainAccuracy));
        add(row, "validation_loss", group, run -> last(run, EpochMetrics::validationLoss));
        add(row, "validation_accuracy", group, run -> last(run, EpochMetrics::validationAccuracy));
        add(row, "best_validation_accuracy", group, ResultTable::bestValidationAccuracy);
        add(row, "test_loss", group, of(TrainResult::testLoss));
        add(row, "test_accuracy", group, of(TrainResult::testAccuracy));
        add(row, "best_test_accuracy", group, of(TrainResult::bestTestAccuracy));
        add(row, "connections", group, of(TrainResult::connections));
        add(row, "parameters", group, of(TrainResult::parameters));
    }

    private static void addTimes(Map<String, @Nullable Object> row, Group group) {
        add(row, "train_seconds", group, run -> seconds(run, EpochMetrics.Seconds::train));
        add(row, "evolution_seconds", group, run -> seconds(run, EpochMetrics.Seconds::evolution));
        add(row, "evaluation_seconds", group, run -> seconds(run, EpochMetrics.Seconds::evaluation));
        add(row, "peak_memory_bytes", group, of(TrainResult::peakMemoryBytes));
    }

    private static void add(
            Map<String, @Nullable Object> row, String name, Group group, Function<Run, @Nullable Number> number) {
        Statistic statistic = group.statistic(number);
        row.put(name + "_mean", statistic == null ? null : statistic.mean());
        row.put(name + "_sd", statistic == null ? null : statistic.deviation());
    }

    private static Function<Run, @Nullable Number> of(Function<TrainResult, @Nullable Number> number) {
        return run -> number.apply(Objects.requireNonNull(run.result()));
    }

    private static @Nullable Number last(Run run, Function<EpochMetrics, @Nullable Double> number) {
        Double last = null;
        for (EpochMetrics epoch : run.epochs()) {
            Double value = number.apply(epoch);
            last = value == null ? last : value;
        }
        return last;
    }

    private static @Nullable Number bestValidationAccuracy(Run run) {
        Integer best = Objects.requireNonNull(run.result()).bestEpoch();
        return run.epochs().stream()
                .filter(epoch -> best != null && epoch.epoch() == best)
                .map(EpochMetrics::validationAccuracy)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /** Over all epochs, those of the processes before an interruption included. */
    private static Number seconds(Run run, ToDoubleFunction<EpochMetrics.Seconds> part) {
        return run.epochs().stream()
                .mapToDouble(epoch -> part.applyAsDouble(epoch.seconds()))
                .sum();
    }

    /** A heading and a line a row, as RFC 4180 wants it but with bare line feeds. */
    public String csv() {
        StringBuilder text = new StringBuilder();
        if (!rows.isEmpty()) {
            text.append(line(new ArrayList<>(rows.get(0).keySet())));
            rows.forEach(row -> text.append(line(new ArrayList<>(row.values()))));
        }
        return text.toString();
    }

    private static String line(List<@Nullable Object> cells) {
        return cells.stream().map(ResultTable::cell).collect(Collectors.joining(",", "", "\n"));
    }

    private static String cell(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof Number number) {
            return Json.compact(number); // the same digits on every Java
        }
        String text = value instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(" "))
                : value.toString();
        boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    /** An array with an object a row. */
    public String json() {
        return Json.pretty(rows) + "\n";
    }
}
