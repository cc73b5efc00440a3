package coppice.data;

import coppice.MalformedDataException;
import java.nio.file.Path;

/** Collects the samples of LIBSVM lines with their indices as they stand: only the end tells what they count from. */
final class LibsvmParser {
    private final LoadRequest request;
    private final IntList rowOffsets = new IntList();
    private final IntList indices = new IntList();
    private final FloatList values = new FloatList();
    private final LabelCollector labels;
    private Path path;
    private long line;
    private int rowsBefore;
    private int largestIndex = -1;
    private Path pathOfLargest;
    private long lineOfLargest;
    private boolean zeroSeen;

    LibsvmParser(LoadRequest request) {
        this.request = request;
        this.labels = new LabelCollector(request);
        this.path = request.paths().get(0);
        this.pathOfLargest = path;
        rowOffsets.add(0);
    }

    void startFile(Path file) {
        path = file;
        line = 0;
        rowsBefore = rowOffsets.size();
    }

    void endFile() {
        if (rowOffsets.size() == rowsBefore) {
            throw MalformedDataException.inFile(path, "holds no samples");
        }
    }

    long line() {
        return line;
    }

    /** What the first feature's index is. */
    int base() {
        Integer stated = request.sparseIndexBase();
        return stated != null ? stated : zeroSeen ? 0 : 1;
    }

    int largestIndex() {
        return largestIndex;
    }

    /** A fault of the line with the largest index. */
    MalformedDataException faultOfLargest(String reason) {
        return MalformedDataException.atLine(
                pathOfLargest, lineOfLargest, "feature index " + largestIndex + " " + reason);
    }

    IntList rowOffsets() {
        return rowOffsets;
    }

    IntList indices() {
        return indices;
    }

    FloatList values() {
        return values;
    }

    LabelCollector labels() {
        return labels;
    }

    /** Adds the sample of a line; blank lines and text after {@code #} are no samples. */
    void addLine(char[] text, int length) {
        line++;
        int end = 0;
        while (end < length && text[end] != '#') {
            end++;
        }
        int at = skipBlanks(text, 0, end);
        if (at == end) {
            return;
        }
        int labelEnd = at;
        if (isPair(text, at, end)) {
            labels.addMissing(fault("the label is missing"));
        } else {
            labelEnd = tokenEnd(text, at, end);
            addLabel(text, at, labelEnd);
        }
        long previous = -1;
        at = skipBlanks(text, labelEnd, end);
        while (at < end) {
            int next = tokenEnd(text, at, end);
            previous = addPair(text, at, next, previous);
            at = skipBlanks(text, next, end);
        }
        rowOffsets.add(values.size());
    }

    /** Whether an index and a colon stand there, as in a line without a label. */
    private static boolean isPair(char[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at > from && at < end && text[at] == ':';
    }

    private void addLabel(char[] text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text[i] == ':' || text[i] == ',') {
                throw fault("expected one label but found '" + Numbers.shown(text, from, to) + "'");
            }
        }
        if (Numbers.isMissing(text, from, to)) {
            labels.addMissing(fault("the label is missing"));
            return;
        }
        String fault = labels.add(new String(text, from, to - from));
        if (fault != null) {
            throw fault(fault);
        }
    }

    private long addPair(char[] text, int from, int to, long previous) {
        int colon = from;
        long index = 0;
        while (colon < to && text[colon] >= '0' && text[colon] <= '9') {
            index = Math.min(Integer.MAX_VALUE, index * 10 + (text[colon] - '0'));
            colon++;
        }
        if (colon == from || colon == to || text[colon] != ':') {
            throw fault("expected index:value but found '" + Numbers.shown(text, from, to) + "'");
        }
        if (index > (request.width() != 0 ? request.width() : Capacity.features())) {
            throw fault("feature index " + Numbers.shown(text, from, colon)
                    + (request.width() != 0
                            ? " but " + request.width() + " features are expected"
                            : ": " + Capacity.allowedFeatures()));
        }
        checkIndex(index, previous);
        double value = Numbers.parse(text, colon + 1, to);
        boolean missing = Numbers.isMissing(text, colon + 1, to);
        if (missing && !request.allowMissing()) {
            throw fault("feature " + index + ": " + Numbers.MISSING);
        }
        if (!Float.isFinite((float) value) && !missing) {
            throw fault("value '" + Numbers.shown(text, colon + 1, to) + "' of feature " + index
                    + " is not a finite number that a float can hold");
        }
        // A stored zero says no more than its absence.
        if (value != 0) {
            if (values.size() == Capacity.MAX) {
                throw fault("the file holds more than the " + Capacity.MAX + " values supported");
            }
            indices.add((int) index);
            values.add((float) value);
        }
        return index;
    }

    private void checkIndex(long index, long previous) {
        if (index <= previous) {
            throw fault("feature index " + index + " follows " + previous + "; indices must rise");
        }
        Integer stated = request.sparseIndexBase();
        if (index == 0 && stated != null && stated == 1) {
            throw fault("feature index 0; the features are numbered from 1");
        }
        zeroSeen |= index == 0;
        if (index > largestIndex) {
            largestIndex = (int) index;
            pathOfLargest = path;
            lineOfLargest = line;
        }
    }

    static int skipBlanks(char[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] <= ' ') {
            at++;
        }
        return at;
    }

    static int tokenEnd(char[] text, int from, int end) {
        int at = from;
        while (at < end && text[at] > ' ') {
            at++;
        }
        return at;
    }

    private MalformedDataException fault(String reason) {
        return MalformedDataException.atLine(path, line, reason);
    }
}
