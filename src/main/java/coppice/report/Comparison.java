package coppice.report;

import coppice.train.Setting;
import coppice.train.Settings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs in groups; the same for any order in which the runs are given.
 *
 * @param varied the settings that are not the same in all groups, in the order of help
 * @param groups ordered by those settings, numbers by value
 */
record Comparison(List<String> varied, List<Group> groups) {
    private static final int MOST_NAMED = 3; // settings in a label, defaults among them
    private static final List<String> ORDER =
            Settings.TABLE.stream().map(Setting::name).toList();

    /**
     * Puts runs into groups.
     *
     * @param byBackend whether runs on different backends are never of one group
     */
    static Comparison of(List<Run> runs, boolean byBackend) {
        Map<Map<String, String>, List<Run>> bySettings = new LinkedHashMap<>();
        for (Run run : runs) {
            Map<String, String> settings = new LinkedHashMap<>(run.settings());
            if (byBackend) {
                settings.put("backend", run.manifest().backend().name());
            }
            bySettings.computeIfAbsent(settings, key -> new ArrayList<>()).add(run);
        }
        List<String> varied = varied(bySettings.keySet());
        return new Comparison(
                varied,
                bySettings.entrySet().stream()
                        .map(entry -> new Group(entry.getKey(), entry.getValue()))
                        .sorted((first, second) -> compare(first, second, varied))
                        .toList());
    }

    private static int compare(Group first, Group second, List<String> names) {
        return names.stream()
                .mapToInt(name ->
                        compare(first.settings().get(name), second.settings().get(name)))
                .filter(order -> order != 0)
                .findFirst()
                .orElse(0);
    }

    private static List<String> varied(Set<Map<String, String>> all) {
        Set<String> names = new LinkedHashSet<>();
        all.forEach(settings -> names.addAll(settings.keySet()));
        return names.stream()
                .filter(name -> all.stream()
                                .map(settings -> Optional.ofNullable(settings.get(name)))
                                .distinct()
                                .count()
                        > 1)
                .sorted(Comparator.comparingInt(Comparison::place).thenComparing(Comparator.naturalOrder()))
                .toList();
    }

    private static int place(String name) {
        int place = ORDER.indexOf(name);
        return place < 0 ? ORDER.size() : place;
    }

    /** Absent values first, then numbers by value, then other texts. */
    private static int compare(@Nullable String first, @Nullable String second) {
        Comparator<@Nullable String> order =
                Comparator.comparing(Comparison::number, Comparator.nullsLast(Comparator.naturalOrder()));
        return Comparator.nullsFirst(order.thenComparing(Comparator.nullsFirst(Comparator.naturalOrder())))
                .compare(first, second);
    }

    private static @Nullable Double number(@Nullable String text) {
        try {
            return text == null ? null : Double.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /**
     * What tells a group from the others, as {@code epsilon 5, zeta 0.3}; empty for the only group.
     *
     * <p>Where many settings vary, as between kinds of models, those left as they are by default go without saying.
     */
    String label(Group group) {
        String given = given(group);
        boolean tells =
                groups.stream().filter(other -> given(other).equals(given)).count() == 1;
        if (varied.size() > MOST_NAMED && tells && !given.isEmpty()) {
            return given;
        }
        return varied.stream()
                .map(name -> name + " " + group.settings().getOrDefault(name, "-"))
                .collect(Collectors.joining(", "));
    }

    private String given(Group group) {
        return varied.stream()
                .filter(name ->
                        group.settings().containsKey(name) && !group.shown().hasDefault(name))
                .map(name -> name + " " + group.settings().get(name))
                .collect(Collectors.joining(", "));
    }
}
