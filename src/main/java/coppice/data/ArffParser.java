package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Turns the lines of an ARFF file into features and labels as they come.
 *
 * <p>Format: the ARFF pages of Weka's documentation. Keywords are read in any case. Rows are dense, values separated by
 * commas or blanks, or sparse, {@code {index value, ...}} with the first value of its attribute, or 0, where there is
 * none.
 */
final class ArffParser {
    private final Path path;
    private final LoadRequest request;
    private final ArffScanner scanner = new ArffScanner(this::fault);
    private final List<ArffAttribute> attributes = new ArrayList<>();
    private final LabelCollector labels;
    private final FloatList values = new FloatList();
    private final IntList columns = new IntList(); // of sparse rows
    private final IntList rowOffsets = new IntList();
    private int[] firstColumn = new int[0]; // of each attribute
    private int[] spread = new int[0]; // attributes whose first value is no zero
    private int label;
    private int width;
    private boolean inData;
    private boolean sparse;
    private long line;

    ArffParser(Path path, LoadRequest request) {
        this.path = path;
        this.request = request;
        this.labels = new LabelCollector(request);
        rowOffsets.add(0);
    }

    long line() {
        return line;
    }

    private MalformedDataException fault(String reason) {
        return MalformedDataException.atLine(path, line, reason);
    }

    /** Adds a line of the file. */
    void addLine(char[] text, int length) {
        line++;
        scanner.start(text, length);
        if (scanner.atEnd()) {
            return;
        }
        if (inData) {
            addRow();
        } else {
            addDeclaration();
        }
    }

    private void addDeclaration() {
        scanner.readWord();
        switch (scanner.word().toLowerCase(Locale.ROOT)) {
            case "@relation" -> scanner.readWord(); // a name that does not matter
            case "@attribute" -> attributes.add(ArffAttribute.read(scanner, this::fault));
            case "@data" -> beginData();
            default -> throw fault("expected @relation, @attribute or @data but found " + scanner.shown());
        }
    }

    private void beginData() {
        inData = true;
        label = labelAttribute();
        if (label >= 0 && total(label) != request.width() && total(-1) == request.width()) {
            label = -1; // no more attributes than features
        }
        firstColumn = new int[attributes.size()];
        IntList many = new IntList();
        for (int i = 0; i < firstColumn.length; i++) {
            firstColumn[i] = width;
            ArffAttribute attribute = attributes.get(i);
            if (i == label) {
                continue;
            }
            if (attribute.type() == ArffAttribute.Type.TEXT) {
                throw fault("attribute '" + attribute.name() + "' holds text or dates, which are no features");
            }
            width = Math.addExact(width, attribute.width());
            if (attribute.width() > 1) {
                many.add(i);
            }
        }
        spread = many.toArray();
        if (width == 0) {
            throw fault("no attribute is left for the features");
        }
    }

    private int total(int without) {
        int total = 0;
        for (int i = 0; i < attributes.size(); i++) {
            total += i == without ? 0 : attributes.get(i).width();
        }
        return total;
    }

    /** The one asked for, else the attribute {@code class}, else the last; -1 for none. */
    private int labelAttribute() {
        String asked = request.label();
        List<String> names = attributes.stream().map(ArffAttribute::name).toList();
        if (asked == null) {
            List<String> folded =
                    names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
            int found = folded.indexOf("class");
            return found < 0 ? names.size() - 1 : found;
        }
        if (asked.equals(LoadRequest.NO_LABEL) || names.contains(asked)) {
            return names.indexOf(asked);
        }
        if (!asked.matches("-?[0-9]{1,9}")) {
            throw fault("there is no attribute '" + asked + "' for the label");
        }
        int index = Integer.parseInt(asked);
        int place = index < 0 ? index + names.size() : index;
        if (place < 0 || place >= names.size()) {
            throw fault("there are " + names.size() + " attributes, but no label attribute " + index);
        }
        return place;
    }

    private void addRow() {
        boolean braces = scanner.passes('{');
        if (rowOffsets.size() == 1) {
            sparse = braces;
        } else if (braces != sparse) {
            throw fault(
                    "is a " + (braces ? "sparse" : "dense") + " row after " + (sparse ? "sparse" : "dense") + " ones");
        }
        if (sparse) {
            addSparse();
        } else {
            addDense();
        }
        rowOffsets.add(values.size());
    }

    private void addDense() {
        int count = 0;
        boolean more = true; // after a comma a value follows, be it an empty one
        while (more || !scanner.atEnd()) {
            scanner.readWord();
            if (count == attributes.size()) {
                throw fault("has more than the " + count + " values declared");
            }
            if (scanner.passes('{')) {
                throw fault("has a brace within the row; weights of samples are not read");
            }
            addValue(count++);
            more = scanner.passes(',');
        }
        if (count != attributes.size()) {
            throw fault("has " + count + " values; expected " + attributes.size());
        }
    }

    private void addSparse() {
        int next = 0; // attribute
        boolean done = scanner.passes('}');
        while (!done) {
            scanner.readWord();
            int index = index(next);
            addAbsent(next, index);
            scanner.readWord();
            addValue(index);
            next = index + 1;
            done = scanner.passes('}');
            if (!done && !scanner.passes(',')) {
                throw fault("expected a comma or } after attribute " + index);
            }
        }
        if (!scanner.atEnd()) {
            throw fault("goes on after }; weights of samples are not read");
        }
        addAbsent(next, attributes.size());
    }

    private int index(int least) {
        double index = Numbers.parse(scanner.characters(), 0, scanner.length());
        if (!(index >= least && index < attributes.size()) || index != Math.rint(index)) {
            throw fault("has the attribute index " + scanner.shown() + "; expected one from " + least + " to "
                    + (attributes.size() - 1) + ", since they rise");
        }
        return (int) index;
    }

    /** What attributes are worth that a sparse row leaves out. */
    private void addAbsent(int from, int to) {
        if (from <= label && label < to) {
            ArffAttribute attribute = attributes.get(label);
            addLabel(
                    attribute.type() == ArffAttribute.Type.NOMINAL
                            ? attribute.values().keySet().iterator().next()
                            : "0");
        }
        int place = Arrays.binarySearch(spread, from);
        for (int i = place < 0 ? -place - 1 : place; i < spread.length && spread[i] < to; i++) {
            put(firstColumn[spread[i]], 1);
        }
    }

    private void addValue(int index) {
        ArffAttribute attribute = attributes.get(index);
        boolean missing = scanner.isMissing() && !attribute.values().containsKey(scanner.word());
        if (index == label) {
            if (missing) {
                labels.addMissing(fault("the label is missing"));
            } else {
                place(attribute);
                addLabel(scanner.word());
            }
            return;
        }
        if (missing && !request.allowMissing()) {
            throw fault("attribute '" + attribute.name() + "': " + Numbers.MISSING);
        }
        if (attribute.type() == ArffAttribute.Type.NUMERIC) {
            put(firstColumn[index], missing ? Float.NaN : number(attribute));
            return;
        }
        int place = missing ? -1 : place(attribute);
        for (int i = 0; i < attribute.width(); i++) {
            float set = attribute.width() == 1 ? place : i == place ? 1 : 0;
            put(firstColumn[index] + i, missing ? Float.NaN : set);
        }
    }

    private float number(ArffAttribute attribute) {
        float value = (float) Numbers.parse(scanner.characters(), 0, scanner.length());
        if (!Float.isFinite(value)) {
            throw fault("attribute '" + attribute.name() + "': " + scanner.shown()
                    + " is not a finite number that a float can hold");
        }
        return value;
    }

    /** Place of a nominal value among those declared; 0 of other attributes. */
    private int place(ArffAttribute attribute) {
        Integer place = attribute.type() == ArffAttribute.Type.NOMINAL
                ? attribute.values().get(scanner.word())
                : (Integer) 0;
        if (place == null) {
            throw fault(
                    "attribute '" + attribute.name() + "': " + scanner.shown() + " is not among its declared values");
        }
        return place;
    }

    private void addLabel(String text) {
        String fault = labels.add(text);
        if (fault != null) {
            throw fault(fault);
        }
    }

    private void put(int column, float value) {
        if (sparse && value == 0) {
            return;
        }
        if (values.size() == Capacity.MAX) {
            throw fault("the file holds more than the " + Capacity.MAX + " values supported");
        }
        values.add(value);
        if (sparse) {
            columns.add(column);
        }
    }

    /** What the file holds; called once after the last line. */
    Dataset finish() {
        int rows = rowOffsets.size() - 1;
        if (rows == 0) {
            throw MalformedDataException.inFile(path, "holds no rows of data after @data");
        }
        Matrix features = sparse
                ? new CsrMatrix(new CsrPattern(rows, width, rowOffsets.toArray(), columns.toArray()), values.toArray())
                : new DenseMatrix(rows, width, values.toArray());
        List<String> names = new ArrayList<>();
        for (int i = 0; i < attributes.size(); i++) {
            if (i != label) {
                names.addAll(attributes.get(i).featureNames());
            }
        }
        return new Dataset(features, labels.finish(), names, ArffReader.FORMAT, null);
    }
}
