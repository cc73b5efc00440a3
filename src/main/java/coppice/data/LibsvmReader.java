package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads LIBSVM (SVMlight) text: a label, if there are labels, then {@code index:value} pairs with rising indices, one
 * sample a line.
 *
 * <p>The file does not state its width: it is the largest index unless the request says otherwise.
 */
final class LibsvmReader implements DatasetReader {
    static final String FORMAT = "libsvm";
    static final String ZERO_BASED_FORMAT = "libsvm-zero-based";

    private static final List<String> EXTENSIONS = List.of(".libsvm", ".svm", ".svmlight");
    private static final Pattern SAMPLE = Pattern.compile(
            "(?m)^[ \\t]*([^\\s:,;]+[ \\t]+)?[0-9]+:[-+.0-9eE]+([ \\t]+[0-9]+:[-+.0-9eE]+)*[ \\t]*(#.*)?\\r?$");
    private static final int PROBED_CHARACTERS = 1 << 14;

    @Override
    public boolean recognizes(DataFile file) {
        if (!file.isText() || file.name().endsWith(".csv") || file.name().endsWith(".tsv")) {
            return false;
        }
        if (EXTENSIONS.stream().anyMatch(file.name()::endsWith)) {
            return true;
        }
        byte[] head = file.head();
        int length = Math.min(head.length, PROBED_CHARACTERS);
        return SAMPLE.matcher(new String(head, 0, length, StandardCharsets.ISO_8859_1))
                .find();
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        LibsvmParser parser = new LibsvmParser(request);
        for (DataFile file : files) {
            if (!file.isText()) {
                throw MalformedDataException.inFile(file.path(), "is not text; expected LIBSVM lines");
            }
            readLines(file, parser);
        }
        return new Datasets.Parts(assemble(files.get(0), parser, request), null, null);
    }

    private static void readLines(DataFile file, LibsvmParser parser) {
        parser.startFile(file.path());
        try (BufferedReader text = file.openText()) {
            LineBuffer line = new LineBuffer(text);
            while (line.next()) {
                parser.addLine(line.characters(), line.length());
            }
        } catch (IOException e) {
            throw DelimitedReader.readFailure(file, parser.line() + 1, e);
        }
        parser.endFile();
    }

    private static Dataset assemble(DataFile first, LibsvmParser parser, LoadRequest request) {
        int base = parser.base();
        int[] columns = parser.indices().toArray();
        for (int i = 0; i < columns.length; i++) {
            columns[i] -= base;
        }
        int width = request.width() != 0 ? request.width() : parser.largestIndex() - base + 1;
        if (width < 1) {
            throw MalformedDataException.inFile(first.path(), "holds no features");
        }
        if (parser.largestIndex() - base >= width) {
            throw parser.faultOfLargest("but " + width + " features numbered from " + base + " are expected");
        }
        int[] offsets = parser.rowOffsets().toArray();
        CsrPattern pattern = new CsrPattern(offsets.length - 1, width, offsets, columns);
        return new Dataset(
                new CsrMatrix(pattern, parser.values().toArray()),
                parser.labels().finish(),
                List.of(),
                base == 0 ? ZERO_BASED_FORMAT : FORMAT,
                null);
    }
}
