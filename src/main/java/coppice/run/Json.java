package coppice.run;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.JsonGeneratorDelegate;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/**
 * All JSON of Coppice: records and maps to text and back, the same text on every platform and JDK.
 *
 * <p>Properties keep the order of their declaration and are named in snake case ({@code trainLoss} is
 * {@code train_loss}); map keys are left alone. Numbers take the fewest digits that read back to the same value; NaN
 * and the infinities, which JSON lacks, become null.
 */
public final class Json {
    private static final long MAX_FILE_BYTES = 64L << 20;
    private static final JsonMapper MAPPER = mapper();
    private static final ObjectWriter PRETTY = MAPPER.writer().with(prettyPrinter());

    private Json() {}

    /** One line, without a line end. */
    public static String compact(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /** Indented by two spaces, without a final line end. */
    public static String pretty(Object value) {
        return PRETTY.writeValueAsString(value);
    }

    /** Replaces {@code file} atomically by the pretty form of {@code value}. */
    public static void write(Path file, Object value) throws IOException {
        AtomicFile.write(file, (pretty(value) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Reads a file that holds one value of {@code type}; a file that does not is a {@link MalformedDataException}. */
    public static <T> T read(Path file, Class<T> type) throws IOException {
        long size = Files.size(file);
        if (size > MAX_FILE_BYTES) {
            throw MalformedDataException.inFile(
                    file, "a JSON file of at most " + MAX_FILE_BYTES + " bytes was expected but it has " + size);
        }
        byte[] text = Files.readAllBytes(file);
        try {
            return present(MAPPER.readValue(text, type), type);
        } catch (JacksonException e) {
            TokenStreamLocation location = e.getLocation();
            long line = location == null ? 1 : Math.max(1, location.getLineNr());
            throw MalformedDataException.atLine(file, line, reason(e));
        } catch (IllegalArgumentException e) {
            throw MalformedDataException.inFile(file, String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads one value of {@code type} from text.
     *
     * @throws IllegalArgumentException with a one-line message if {@code text} holds no such value
     */
    public static <T> T parse(String text, Class<T> type) {
        try {
            return present(MAPPER.readValue(text, type), type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
    }

    /** A parser over UTF-8 text that rejects an object with the same key twice. */
    static JsonParser parser(byte[] text) {
        return MAPPER.createParser(text);
    }

    /** What the parser objects to, in one line. */
    static String reason(JacksonException e) {
        return oneLine(String.valueOf(e.getOriginalMessage()));
    }

    /** Text from a file made fit for a one-line message: line ends and other control characters become spaces. */
    static String oneLine(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints()
                .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? ' ' : c)
                .forEach(line::appendCodePoint);
        return line.toString();
    }

    private static <T> T present(@Nullable T value, Class<T> type) {
        if (value == null) {
            throw new IllegalArgumentException("a JSON " + type.getSimpleName() + " was expected but it holds null");
        }
        return value;
    }

    private static JsonMapper mapper() {
        JsonFactory factory = JsonFactory.builder()
                // Double.toString gives other digits on JDK 17 than on 19 and later; this writer does not.
                .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .addDecorator((unused, generator) -> new NonFiniteAsNull(generator))
                .build();
        return JsonMapper.builder(factory)
                .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .build();
    }

    private static DefaultPrettyPrinter prettyPrinter() {
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        Separators separators = Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER);
        return new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
    }

    private static final class NonFiniteAsNull extends JsonGeneratorDelegate {
        NonFiniteAsNull(JsonGenerator generator) {
            super(generator, false);
        }

        @Override
        public JsonGenerator writeNumber(double value) {
            return Double.isFinite(value) ? super.writeNumber(value) : writeNull();
        }

        @Override
        public JsonGenerator writeNumber(float value) {
            return Float.isFinite(value) ? super.writeNumber(value) : writeNull();
        }

        @Override
        public JsonGenerator writeArray(double[] array, int offset, int length) {
            writeStartArray(array, length);
            for (int i = offset; i < offset + length; i++) {
                writeNumber(array[i]);
            }
            return writeEndArray();
        }
    }
}
