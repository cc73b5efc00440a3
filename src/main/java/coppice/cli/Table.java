package coppice.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lines of text with their columns aligned, two spaces apart. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table row(String... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** The lines; the first {@code left} columns and the last one are set flush left, the others flush right. */
    List<String> lines(int left) {
        int columns = rows.stream().mapToInt(List::size).max().orElse(0);
        int[] widths = new int[columns];
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                String padding = " ".repeat(widths[i] - row.get(i).length());
                boolean flushLeft = i < left || i == columns - 1;
                line.append(i == 0 ? "" : "  ").append(flushLeft ? row.get(i) + padding : padding + row.get(i));
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    /** A number for people. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
