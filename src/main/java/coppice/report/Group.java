package coppice.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs whose settings differ in the seed alone.
 *
 * @param settings what they share
 * @param runs at least one, by seed
 */
record Group(Map<String, String> settings, List<Run> runs) {
    Group {
        runs = runs.stream()
                .sorted(Comparator.comparingLong(Run::seed)
                        .thenComparing(run -> run.path().toString()))
                .toList();
    }

    List<Run> finished() {
        return runs.stream().filter(Run::isFinished).toList();
    }

    /** The run to show where there is room for one: the first that came to its end, else the first. */
    Run shown() {
        return runs.stream().filter(Run::isFinished).findFirst().orElse(runs.get(0));
    }

    /** A number over the runs that came to their end; null if none has it. */
    @Nullable
    Statistic statistic(Function<Run, @Nullable Number> number) {
        return Statistic.of(finished().stream()
                .map(number)
                .filter(Objects::nonNull)
                .map(Number::doubleValue)
                .toList());
    }

    /** How many runs have each status, as {@code 3 completed, 1 stopped}. */
    String statuses() {
        Map<String, Long> counts = runs.stream()
                .collect(Collectors.groupingBy(Run::status, java.util.TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }
}
