package coppice.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the head of an NPY file, versions 1 to 3, says of the array after it: a Python dictionary.
 *
 * <p>Format: numpy.lib.format in NumPy's reference.
 *
 * @param kind the letter of the type: b for logical, i and u for integers, f for floats, S and U for text
 * @param itemBytes bytes an element
 * @param order of the bytes of an element
 * @param columnMajor whether the first index runs fastest
 * @param extents number of elements along each axis
 * @param bytes where the elements start
 */
@SuppressWarnings("ArrayRecordComponent")
record NpyHeader(char kind, int itemBytes, ByteOrder order, boolean columnMajor, long[] extents, long bytes) {
    static final String SIGNATURE = "\u0093NUMPY";

    private static final int MAX_BYTES = 1 << 20;
    private static final Pattern TYPE = Pattern.compile("'descr'\\s*:\\s*('[^']*'|[\\[(])");
    private static final Pattern NAME = Pattern.compile("'([<>|=]?)([a-zA-Z])([0-9]{0,9})(\\[.*\\])?'");
    private static final Pattern FORTRAN_ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^()]*)\\)");

    static NpyHeader read(ByteSource source) {
        byte[] prefix = source.readExactly(8, "NPY magic number and version");
        if (!new String(prefix, 0, 6, StandardCharsets.ISO_8859_1).equals(SIGNATURE)) {
            throw source.malformed("expected the magic number of NPY");
        }
        int version = prefix[6];
        if (version < 1 || version > 3) {
            throw source.malformed("is of NPY version " + version + "; expected 1 to 3");
        }
        byte[] size = source.readExactly(version == 1 ? 2 : 4, "NPY header size");
        ByteBuffer field = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN);
        long length = version == 1 ? field.getShort() & 0xffff : field.getInt() & 0xffffffffL;
        if (length > MAX_BYTES) {
            throw source.malformed("states an NPY header of " + length + " bytes; expected at most " + MAX_BYTES);
        }
        String text = new String(source.readExactly(length, "NPY header"), StandardCharsets.UTF_8);
        return parse(source, text);
    }

    private static NpyHeader parse(ByteSource source, String text) {
        String type = find(source, TYPE, text, "a 'descr'");
        Matcher name = NAME.matcher(type);
        if (!name.matches()) {
            throw source.malformed(
                    type.startsWith("'")
                            ? "the NPY header has the type " + shown(type) + "; expected one as '<f8'"
                            : "structured arrays cannot be read; save one array of numbers");
        }
        boolean fortran = find(source, FORTRAN_ORDER, text, "a 'fortran_order'").equals("True");
        long[] extents = extents(find(source, SHAPE, text, "a 'shape'"));
        if (extents == null) {
            throw source.malformed("the NPY header's shape is not a list of whole numbers");
        }
        ByteOrder order = switch (name.group(1)) {
            case ">" -> ByteOrder.BIG_ENDIAN;
            case "<" -> ByteOrder.LITTLE_ENDIAN;
            default -> ByteOrder.nativeOrder();
        };
        int itemBytes = name.group(3).isEmpty() ? 0 : Integer.parseInt(name.group(3));
        return new NpyHeader(name.group(2).charAt(0), itemBytes, order, fortran, extents, source.position());
    }

    private static String find(ByteSource source, Pattern pattern, String text, String what) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw source.malformed("the NPY header lacks " + what + " that can be read");
        }
        return matcher.group(1);
    }

    private static long @Nullable [] extents(String list) {
        String[] items = list.isBlank() ? new String[0] : list.split(",");
        if (!Arrays.stream(items).allMatch(item -> item.strip().matches("[0-9]{1,18}L?"))) {
            return null;
        }
        return Arrays.stream(items)
                .mapToLong(item -> Long.parseLong(item.strip().replace("L", "")))
                .toArray();
    }

    private static String shown(String type) {
        return Numbers.shown(type.toCharArray(), 0, type.length());
    }

    /** How a number is stored, null if the elements are no numbers. */
    @Nullable
    NumberType number() {
        boolean size = itemBytes == 1 || itemBytes == 2 || itemBytes == 4 || itemBytes == 8;
        return switch (kind) {
            case 'b', 'u' -> size ? new NumberType(NumberType.Kind.UNSIGNED, itemBytes, order) : null;
            case 'i' -> size ? new NumberType(NumberType.Kind.SIGNED, itemBytes, order) : null;
            case 'f' -> size && itemBytes > 1 ? new NumberType(NumberType.Kind.FLOAT, itemBytes, order) : null;
            default -> null;
        };
    }

    boolean isText() {
        return kind == 'S' || kind == 'U';
    }

    /** What the elements are, in words for a message. */
    String content() {
        return switch (kind) {
            case 'O' -> "Python objects";
            case 'c' -> "complex numbers";
            case 'm', 'M' -> "times";
            case 'S', 'U' -> "text";
            case 'V' -> "raw bytes";
            default -> "elements of type " + kind + itemBytes;
        };
    }
}
