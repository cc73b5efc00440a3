package coppice.data;

/** Reads decimal numbers from characters without making a string of each. */
final class Numbers {
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };
    private static final long MAX_EXACT = 1L << 53;

    /** What is wrong with a missing value that is not allowed. */
    static final String MISSING = "the value is missing; --missing mean puts the training mean there";

    private Numbers() {}

    /**
     * The number that {@code text[from..to)} spells, or NaN if it spells none.
     *
     * <p>Accepts an optional sign, digits with an optional point, and an optional exponent; no blanks, no names such as
     * {@code inf}. Rounded correctly to double.
     */
    static double parse(char[] text, int from, int to) {
        int at = from;
        boolean negative = false;
        if (at < to && (text[at] == '-' || text[at] == '+')) {
            negative = text[at] == '-';
            at++;
        }
        long mantissa = 0;
        int digits = 0;
        int scale = 0;
        boolean exact = true;
        boolean point = false;
        for (; at < to; at++) {
            char c = text[at];
            if (c >= '0' && c <= '9') {
                digits++;
                exact &= mantissa < MAX_EXACT / 10;
                mantissa = exact ? mantissa * 10 + (c - '0') : mantissa;
                scale -= point ? 1 : 0;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
        if (digits == 0) {
            return Double.NaN;
        }
        if (at < to) {
            int exponent = exponent(text, at, to);
            if (exponent == Integer.MIN_VALUE) {
                return Double.NaN;
            }
            scale += exponent;
        }
        if (exact && scale >= -22 && scale <= 22) {
            // Both operands are exact doubles, so the one rounding below is the correct one (Clinger 1990).
            double value = scale < 0 ? mantissa / POWERS_OF_TEN[-scale] : mantissa * POWERS_OF_TEN[scale];
            return negative ? -value : value;
        }
        return Double.parseDouble(new String(text, from, to - from));
    }

    /** The exponent at {@code at}, held within what changes a double; the smallest integer if it is malformed. */
    private static int exponent(char[] text, int at, int to) {
        int i = at;
        if (text[i] != 'e' && text[i] != 'E') {
            return Integer.MIN_VALUE;
        }
        i++;
        boolean negative = i < to && text[i] == '-';
        if (i < to && (text[i] == '-' || text[i] == '+')) {
            i++;
        }
        if (i == to) {
            return Integer.MIN_VALUE;
        }
        int value = 0;
        for (; i < to; i++) {
            if (text[i] < '0' || text[i] > '9') {
                return Integer.MIN_VALUE;
            }
            value = Math.min(100_000_000, value * 10 + (text[i] - '0'));
        }
        return negative ? -value : value;
    }

    /** Whether a cell says that its value is missing: empty, {@code ?}, {@code NA}, {@code N/A}, {@code NaN}, null. */
    static boolean isMissing(char[] text, int from, int to) {
        int length = to - from;
        if (length == 0) {
            return true;
        }
        if (length > 4) {
            return false;
        }
        String cell = new String(text, from, length);
        return cell.equals("?")
                || cell.equalsIgnoreCase("na")
                || cell.equalsIgnoreCase("n/a")
                || cell.equalsIgnoreCase("nan")
                || cell.equalsIgnoreCase("null");
    }

    /** A cell as an error message shows it: on one line and not too long. */
    static String shown(char[] text, int from, int to) {
        String cell = new String(text, from, Math.min(to - from, 40)).replaceAll("\\p{Cntrl}", "?");
        return to - from > 40 ? cell + "..." : cell;
    }
}
