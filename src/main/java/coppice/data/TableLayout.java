package coppice.data;

import coppice.MalformedDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the columns of a text table are.
 *
 * @param columns number of cells in every row
 * @param labelColumn index of the label's column, -1 if there is none
 * @param hasHeader whether the first row is not a sample
 * @param featureNames the names in the header, or none
 * @param classNames the names in a first row of the form {@code rows,features,name,name,...}, or none
 * @param statedRows the number of rows that such a first row states, else -1
 */
record TableLayout(
        int columns,
        int labelColumn,
        boolean hasHeader,
        List<String> featureNames,
        List<String> classNames,
        long statedRows) {
    static final TableLayout UNKNOWN = new TableLayout(0, -1, false, List.of(), List.of(), -1);

    /** Tells the layout from the first row, or the first two. */
    static TableLayout of(Path path, long line, List<List<String>> opening, LoadRequest request) {
        List<String> first = opening.get(0);
        if (request.header() == LoadRequest.Header.AUTO && opening.size() > 1) {
            int columns = opening.get(1).size();
            if (request.label() == null && listsClasses(first, columns)) {
                return new TableLayout(
                        columns,
                        columns - 1,
                        true,
                        List.of(),
                        first.subList(2, first.size()),
                        Long.parseLong(ClassIndexer.canonical(first.get(0))));
            }
        }
        List<String> last = opening.get(opening.size() - 1);
        int label = labelColumn(path, line, first, !namesColumns(last, -1), request);
        int features = first.size() - (label < 0 ? 0 : 1);
        if (features == 0) {
            throw MalformedDataException.atLine(
                    path,
                    line,
                    "has 1 cell; expected features and a label separated by comma, tab, semicolon or blanks");
        }
        boolean header = switch (request.header()) {
            case YES -> true;
            case NO -> false;
            case AUTO -> isNamed(first, request) || namesColumns(first, label);
        };
        List<String> names = new ArrayList<>();
        for (int i = 0; header && i < first.size(); i++) {
            if (i != label) {
                names.add(first.get(i));
            }
        }
        return new TableLayout(first.size(), label, header, names, List.of(), -1);
    }

    /**
     * Whether a row reads {@code rows,features,name,name,...}, as scikit-learn's tables start.
     *
     * <p>The number of features must agree with the next row, and the number of rows is checked at the end.
     */
    private static boolean listsClasses(List<String> row, int columns) {
        return row.size() >= 4
                && ClassIndexer.isInteger(row.get(0))
                && row.get(1).equals(Integer.toString(columns - 1))
                && row.stream().skip(2).noneMatch(TableLayout::isNumber);
    }

    private static int labelColumn(
            Path path, long line, List<String> first, boolean isAllNumbers, LoadRequest request) {
        String label = request.label();
        if (LoadRequest.NO_LABEL.equals(label) || (first.size() == request.width() && isAllNumbers)) {
            return -1; // no more columns than features
        }
        if (label == null) {
            return first.size() - 1;
        }
        if (isNamed(first, request)) {
            return first.indexOf(label);
        }
        if (!label.matches("-?[0-9]{1,9}")) {
            String hint = request.header() == LoadRequest.Header.NO ? " (--header no)" : "";
            throw MalformedDataException.atLine(path, line, "names no column '" + label + "' for the label" + hint);
        }
        int index = Integer.parseInt(label);
        int column = index < 0 ? index + first.size() : index;
        if (column < 0 || column >= first.size()) {
            throw MalformedDataException.atLine(
                    path, line, "has " + first.size() + " columns; there is no label column " + index);
        }
        return column;
    }

    /** Whether the label is given by a name that the first row has. */
    private static boolean isNamed(List<String> first, LoadRequest request) {
        String label = request.label();
        return label != null
                && request.header() != LoadRequest.Header.NO
                && (request.header() == LoadRequest.Header.YES || !isNumber(label))
                && first.contains(label);
    }

    private static boolean namesColumns(List<String> row, int label) {
        for (int i = 0; i < row.size(); i++) {
            char[] cell = row.get(i).toCharArray();
            if (i != label && !isNumber(row.get(i)) && !Numbers.isMissing(cell, 0, cell.length)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isNumber(String cell) {
        return !Double.isNaN(Numbers.parse(cell.toCharArray(), 0, cell.length()));
    }
}
