package coppice.train;

import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One setting of a training run: an option of the command line and a key of a configuration file.
 *
 * @param name as in {@code --learning-rate}, without the dashes
 * @param argument what the value is called in help; null for a switch, whose values are true and false
 * @param defaultValue null where there is none
 * @param group heading in help
 * @param scope what it can change
 * @param help what it does, with its unit
 */
public record Setting(
        String name, @Nullable String argument, @Nullable String defaultValue, String group, Scope scope, String help) {
    /** What a setting can change. */
    public enum Scope {
        /** The numbers learned: kept in checkpoints, and the same when a run is resumed. */
        RESULT,
        /** Which data, and which saved network, are read: kept in the manifest, and the same when a run is resumed. */
        DATA,
        /** Only where, how fast and how visibly the run goes; free to differ when it is resumed. */
        RUN
    }

    /** The group of the settings that only restricted Boltzmann machines have. */
    static final String MACHINES = "Restricted Boltzmann machine";

    /** Settings that name what a file holds, where 1 and 01 are two names. */
    private static final List<String> NAMES = List.of("label", "variables");

    private static final Pattern NUMBER = Pattern.compile("[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]{1,9})?");

    /** Whether two values mean the same: numbers by value, also within a value as {@code normal:0.10}. */
    public boolean isSame(String value, @Nullable String other) {
        boolean exact = scope == Scope.DATA || NAMES.contains(name);
        return value.equals(other)
                || (!exact && other != null && canonical(value).equals(canonical(other)));
    }

    private static String canonical(String value) {
        return NUMBER.matcher(value)
                .replaceAll(number ->
                        new BigDecimal(number.group()).stripTrailingZeros().toString());
    }

    /** Whether only restricted Boltzmann machines have it. */
    public boolean isOfMachines() {
        return group.equals(MACHINES);
    }

    /** Whether the setting takes no value. */
    public boolean isSwitch() {
        return argument == null;
    }
}
