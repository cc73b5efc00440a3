package coppice.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * A column of an ARFF file.
 *
 * @param name its name
 * @param type what its values are
 * @param values the places of a nominal attribute's values in their declared order; of others none
 */
record ArffAttribute(String name, Type type, Map<String, Integer> values) {
    /** What the values of an attribute are. */
    enum Type {
        NUMERIC,
        NOMINAL,
        TEXT
    }

    /** Reads what follows {@code @attribute}. */
    static ArffAttribute read(ArffScanner line, Function<String, RuntimeException> fault) {
        line.readWord();
        String name = line.word();
        if (line.passes('{')) {
            return new ArffAttribute(name, Type.NOMINAL, readValues(line, fault));
        }
        line.readWord();
        Type type = switch (line.word().toLowerCase(Locale.ROOT)) {
            case "numeric", "real", "integer" -> Type.NUMERIC;
            case "string", "date" -> Type.TEXT;
            default ->
                throw fault.apply("attribute '" + name + "' is of type " + line.shown()
                        + "; expected numeric, real, integer, string, date or {values}");
        };
        return new ArffAttribute(name, type, Map.of());
    }

    private static Map<String, Integer> readValues(ArffScanner line, Function<String, RuntimeException> fault) {
        Map<String, Integer> values = new LinkedHashMap<>();
        do {
            line.readWord();
            if (values.put(line.word(), values.size()) != null) {
                throw fault.apply("the value " + line.shown() + " is declared twice");
            }
        } while (line.passes(','));
        if (!line.passes('}')) {
            throw fault.apply("a list of values is not closed by }");
        }
        return values;
    }

    /**
     * Number of features that it makes: a numeric attribute one, a nominal one of up to two values one, of more values
     * one for each, 1 where it has that value; text none.
     */
    int width() {
        return switch (type) {
            case NUMERIC -> 1;
            case NOMINAL -> values.size() <= 2 ? 1 : values.size();
            case TEXT -> 0;
        };
    }

    /** Names of its features, as Weka's filter NominalToBinary names them. */
    List<String> featureNames() {
        return width() == 1
                ? List.of(name)
                : values.keySet().stream().map(value -> name + "=" + value).toList();
    }
}
