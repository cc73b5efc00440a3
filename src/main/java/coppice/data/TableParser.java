package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.DenseMatrix;
import de.siegmar.fastcsv.reader.CsvCallbackHandler;
import de.siegmar.fastcsv.reader.RecordType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns the cells of a text table into features and labels as they come.
 *
 * <p>The first two rows are kept as text until {@link TableLayout} has told what they are; after them no cell but the
 * label becomes a string.
 */
final class TableParser extends CsvCallbackHandler<Boolean> {
    private final Path path;
    private final LoadRequest request;
    private final String format;
    private final List<List<String>> opening = new ArrayList<>();
    private final List<Long> openingLines = new ArrayList<>();
    private final FloatList values = new FloatList();
    private final LabelCollector labels;
    private List<String> row = new ArrayList<>();
    private TableLayout layout = TableLayout.UNKNOWN;
    private boolean settled;
    private long line = 1;
    private int column;
    private boolean empty;
    private int rows;

    TableParser(Path path, LoadRequest request, String format) {
        this.path = path;
        this.request = request;
        this.format = format;
        this.labels = new LabelCollector(request);
    }

    /** The line that the current row starts at. */
    long line() {
        return line;
    }

    @Override
    protected RecordType getRecordType() {
        return empty ? RecordType.EMPTY : RecordType.DATA;
    }

    @Override
    protected int getFieldCount() {
        return column;
    }

    @Override
    protected void beginRecord(long startingLine) {
        line = startingLine;
        column = 0;
        empty = false;
    }

    @Override
    protected void setEmpty() {
        empty = true;
    }

    @Override
    protected void setComment(char[] text, int offset, int length) {
        throw new IllegalStateException("comments are off");
    }

    @Override
    protected void addField(char[] text, int offset, int length, boolean quoted) {
        int from = offset;
        int to = offset + length;
        while (from < to && text[from] <= ' ') {
            from++;
        }
        while (to > from && text[to - 1] <= ' ') {
            to--;
        }
        if (!settled) {
            row.add(new String(text, from, to - from));
        } else {
            addCell(text, from, to);
        }
        column++;
    }

    @Override
    protected Boolean buildRecord() {
        if (empty) {
            return false;
        }
        if (!settled) {
            opening.add(row);
            openingLines.add(line);
            row = new ArrayList<>();
            if (opening.size() == 2) {
                settleLayout();
            }
        } else {
            endRow();
        }
        return true;
    }

    /** Adds a line of cells separated by runs of blanks; {@code number} counts from 1. */
    void addLine(char[] text, int length, long number) {
        beginRecord(number);
        int at = LibsvmParser.skipBlanks(text, 0, length);
        if (at == length || text[at] == '#') {
            return;
        }
        while (at < length) {
            int end = LibsvmParser.tokenEnd(text, at, length);
            addField(text, at, end - at, false);
            at = LibsvmParser.skipBlanks(text, end, length);
        }
        buildRecord();
    }

    private void settleLayout() {
        settled = true;
        layout = TableLayout.of(path, openingLines.get(0), opening, request);
        for (int i = layout.hasHeader() ? 1 : 0; i < opening.size(); i++) {
            line = openingLines.get(i);
            column = 0;
            for (String cell : opening.get(i)) {
                addCell(cell.toCharArray(), 0, cell.length());
                column++;
            }
            endRow();
        }
    }

    private void addCell(char[] text, int from, int to) {
        if (column >= layout.columns()) {
            return; // endRow reports the row as ragged once its length is known
        }
        boolean missing = Numbers.isMissing(text, from, to);
        if (column == layout.labelColumn()) {
            addLabel(missing, new String(text, from, to - from));
            return;
        }
        float value = missing && request.allowMissing() ? Float.NaN : (float) Numbers.parse(text, from, to);
        if (!Float.isFinite(value) && !(missing && request.allowMissing())) {
            throw fault(
                    missing
                            ? Numbers.MISSING
                            : "'" + Numbers.shown(text, from, to) + "' is not a finite number that a float can hold");
        }
        if (values.size() == Capacity.MAX) {
            throw fault("the table holds more than the " + Capacity.MAX + " values supported");
        }
        values.add(value);
    }

    private void addLabel(boolean missing, String text) {
        if (missing) {
            labels.addMissing(fault("the label is missing"));
            return;
        }
        String fault = labels.add(label(text));
        if (fault != null) {
            throw fault(fault);
        }
    }

    /** The label's class name: itself, or, where the first row lists names, the one at that index. */
    private String label(String text) {
        List<String> names = layout.classNames();
        if (names.isEmpty()) {
            return text;
        }
        String index = ClassIndexer.canonical(text);
        if (!ClassIndexer.isInteger(index) || Long.parseLong(index) < 0 || Long.parseLong(index) >= names.size()) {
            throw fault(
                    "label '" + text + "' is not an index of the " + names.size() + " class names in the first row");
        }
        return names.get(Integer.parseInt(index));
    }

    private void endRow() {
        if (column != layout.columns()) {
            throw MalformedDataException.atLine(
                    path, line, "has " + column + " cells; expected " + layout.columns() + " as in the first row");
        }
        rows++;
    }

    private MalformedDataException fault(String reason) {
        return MalformedDataException.atLine(path, line, "column " + (column + 1) + ": " + reason);
    }

    /** What the table holds; called once after the last row. */
    Dataset finish() {
        if (!settled && !opening.isEmpty()) {
            settleLayout();
        }
        if (rows == 0) {
            throw MalformedDataException.inFile(path, "holds no rows of data");
        }
        if (layout.statedRows() >= 0 && layout.statedRows() != rows) {
            throw MalformedDataException.atLine(
                    path,
                    1,
                    "states " + layout.statedRows() + " rows but " + rows + " follow; "
                            + "if the first row names the columns, say so with --header yes");
        }
        requireFirstRowIsData();
        DenseMatrix features = new DenseMatrix(rows, values.size() / rows, values.toArray());
        return new Dataset(features, labels.finish(), layout.featureNames(), format, null);
    }

    /** A header whose names are numbers looks like data, but its label then is the only one that is not a number. */
    private void requireFirstRowIsData() {
        List<String> names = labels.names();
        if (request.header() == LoadRequest.Header.AUTO
                && !layout.hasHeader()
                && names.size() > 1
                && !ClassIndexer.isInteger(names.get(0))
                && labels.countOfFirst() == 1
                && names.stream().skip(1).allMatch(ClassIndexer::isInteger)) {
            throw MalformedDataException.atLine(
                    path,
                    openingLines.get(0),
                    "may be a header or a sample of a class '" + names.get(0)
                            + "'; say which with --header yes or --header no");
        }
    }
}
