package coppice.cli;

import coppice.run.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How predictions are written.
 *
 * @param classes the model's classes
 * @param json one JSON object a line in place of a table
 * @param all whether each class's probability is written
 */
record PredictionFormat(List<String> classes, boolean json, boolean all) {
    /** Writes predicted numbers, a line each. */
    static void numbers(float[] numbers, boolean json, Appendable target) throws IOException {
        target.append(json ? "" : "row,value\n");
        for (int i = 0; i < numbers.length; i++) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("row", i + 1);
            object.put("value", numbers[i]);
            target.append(json ? Json.compact(object) : (i + 1) + "," + numbers[i])
                    .append('\n');
        }
    }

    /** The table's first line. */
    String heading() {
        if (json) {
            return "";
        }
        StringBuilder text = new StringBuilder("row,class,probability");
        if (all) {
            classes.forEach(name -> text.append(',').append(quoted(name)));
        }
        return text.append('\n').toString();
    }

    /** Adds the line of a sample. */
    void line(int row, float[] probabilities, StringBuilder text) {
        int best = 0;
        for (int c = 1; c < probabilities.length; c++) {
            best = probabilities[c] > probabilities[best] ? c : best;
        }
        if (json) {
            text.append(Json.compact(object(row, best, probabilities)));
        } else {
            text.append(row).append(',').append(quoted(classes.get(best)));
            text.append(',').append(probabilities[best]);
            for (int c = 0; all && c < probabilities.length; c++) {
                text.append(',').append(probabilities[c]);
            }
        }
        text.append('\n');
    }

    private Map<String, Object> object(int row, int best, float[] probabilities) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("row", row);
        object.put("class", classes.get(best));
        object.put("probability", probabilities[best]);
        if (all) {
            Map<String, Float> each = new LinkedHashMap<>();
            for (int c = 0; c < probabilities.length; c++) {
                each.put(classes.get(c), probabilities[c]);
            }
            object.put("probabilities", each);
        }
        return object;
    }

    /** As RFC 4180 wants it. */
    private static String quoted(String cell) {
        boolean plain = cell.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }
}
