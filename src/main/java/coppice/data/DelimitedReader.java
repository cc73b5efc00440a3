package coppice.data;

import coppice.MalformedDataException;
import de.siegmar.fastcsv.reader.CommentStrategy;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Reads text tables separated by commas, tabs or semicolons, quoted as in RFC 4180, or by runs of blanks.
 *
 * <p>Of a table separated by blanks no cell is quoted, and lines that start with {@code #} are comments.
 */
final class DelimitedReader implements DatasetReader {
    // Where two occur equally often the later one is more likely to stand inside values, as a decimal comma does.
    private static final char[] SEPARATORS = {'\t', ';', ','};
    private static final char BLANKS = ' ';
    private static final int PROBED_LINES = 20;
    private static final List<String> EXTENSIONS = List.of(".csv", ".tsv", ".data", ".dat", ".txt");

    @Override
    public boolean recognizes(DataFile file) {
        return file.isText() && (hasExtension(file) || separator(file) != BLANKS || hasRowOfNumbers(file));
    }

    static boolean hasExtension(DataFile file) {
        return EXTENSIONS.stream().anyMatch(file.name()::endsWith);
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        List<Dataset> parts = new ArrayList<>();
        for (DataFile file : files) {
            if (!file.isText()) {
                throw MalformedDataException.inFile(file.path(), "is not text; expected a CSV or TSV table");
            }
            Dataset part = readTable(file, request);
            DatasetReader.requireWidth(file, request, part.featureCount());
            parts.add(part);
        }
        return DatasetReader.joined(files, parts);
    }

    private static Dataset readTable(DataFile file, LoadRequest request) {
        char separator = separator(file);
        if (separator == BLANKS) {
            return readBlanks(file, request);
        }
        TableParser parser = new TableParser(file.path(), request, separator == '\t' ? "tsv" : "csv");
        try (Reader text = file.openText();
                CsvReader<Boolean> records = CsvReader.builder()
                        .fieldSeparator(separator)
                        .commentStrategy(CommentStrategy.NONE)
                        .skipEmptyLines(true)
                        .allowUnclosedQuote(false)
                        .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .build(parser, text)) {
            records.forEach(record -> {});
            return parser.finish();
        } catch (CsvParseException e) {
            rethrowCause(e);
            throw MalformedDataException.atLine(file.path(), parser.line(), "is not a row of a table: " + oneLine(e));
        } catch (UncheckedIOException e) {
            throw readFailure(file, parser.line(), Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw readFailure(file, parser.line(), e);
        }
    }

    private static Dataset readBlanks(DataFile file, LoadRequest request) {
        TableParser parser = new TableParser(file.path(), request, "text");
        long line = 1;
        try (Reader text = file.openText()) {
            LineBuffer buffer = new LineBuffer(text);
            for (; buffer.next(); line++) {
                parser.addLine(buffer.characters(), buffer.length(), line);
            }
            return parser.finish();
        } catch (IOException e) {
            throw readFailure(file, line, e);
        }
    }

    /** The library wraps whatever the parser throws. */
    private static void rethrowCause(CsvParseException e) {
        if (e.getCause() instanceof RuntimeException fault) {
            throw fault;
        }
        if (e.getCause() instanceof Error error) {
            throw error;
        }
    }

    static MalformedDataException readFailure(DataFile file, long line, IOException cause) {
        return cause instanceof CharacterCodingException
                ? MalformedDataException.atLine(file.path(), line, "is not UTF-8 text")
                : DataFile.unreadable(file.path(), cause);
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    }

    private static char separator(DataFile file) {
        char best = SEPARATORS[0];
        for (char candidate : SEPARATORS) {
            best = separatorCount(file, candidate) > separatorCount(file, best) ? candidate : best;
        }
        return separatorCount(file, best) == 0 ? BLANKS : best;
    }

    /** Whether one of the first lines holds numbers separated by blanks, but for a label. */
    private static boolean hasRowOfNumbers(DataFile file) {
        String head = new String(file.head(), StandardCharsets.ISO_8859_1);
        return head.lines().limit(PROBED_LINES).anyMatch(line -> {
            String[] cells = line.strip().split("[ \\t]+");
            long numbers = Arrays.stream(cells)
                    .filter(cell -> !Double.isNaN(Numbers.parse(cell.toCharArray(), 0, cell.length())))
                    .count();
            return cells.length > 1 && numbers >= cells.length - 1;
        });
    }

    private static int separatorCount(DataFile file, char separator) {
        String head = new String(file.head(), StandardCharsets.ISO_8859_1);
        int count = 0;
        boolean quoted = false;
        boolean comment = false;
        for (int i = 0; i < head.length(); i++) {
            char c = head.charAt(i);
            boolean lineStart = i == 0 || head.charAt(i - 1) == '\n';
            comment = lineStart ? c == '#' && !quoted : comment;
            quoted ^= c == '"' && !comment;
            count += !quoted && !comment && c == separator ? 1 : 0;
        }
        return count;
    }
}
