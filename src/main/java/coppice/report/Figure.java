package coppice.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them. */
final class Figure {
    private static final String[] SUFFIXES = {"", "k", "M", "G", "T"};

    private Figure() {}

    /** A number with a few significant digits, without an exponent where that is short. */
    static String of(double value, int digits) {
        if (!Double.isFinite(value)) {
            return "–";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
        double magnitude = Math.abs(rounded.doubleValue());
        if (magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e7)) {
            return scientific(value, digits);
        }
        String text =
                magnitude >= Math.pow(10, digits) ? String.format(Locale.ROOT, "%.0f", value) : rounded.toPlainString();
        return minus(text);
    }

    private static String scientific(double value, int digits) {
        return minus(String.format(Locale.ROOT, "%." + (digits - 1) + "e", value)
                .replaceAll("\\.?0*e([+-])0*", "e$1")
                .replace("e+", "e"));
    }

    /** A mean and its standard deviation, both to the decimal of the deviation's second digit. */
    static String plusMinus(double mean, double deviation) {
        if (!(deviation > 0)) {
            return of(mean, 4) + (deviation == 0 ? " ± 0" : "");
        }
        int decimals = (int) Math.max(0, Math.min(9, 1 - Math.floor(Math.log10(deviation))));
        return minus(String.format(Locale.ROOT, "%." + decimals + "f ± %." + decimals + "f", mean, deviation));
    }

    /** A share as a percentage. */
    static String percent(double share, int decimals) {
        return Double.isFinite(share) ? minus(String.format(Locale.ROOT, "%." + decimals + "f %%", 100 * share)) : "–";
    }

    /** A whole number in groups of three digits. */
    static String count(long value) {
        return minus(String.format(Locale.ROOT, "%,d", value));
    }

    /** A number of decimals, in thousands, millions and so on where {@code greatest} on the same axis is large. */
    static String tick(double value, double step, double greatest) {
        int power = 0;
        double unit = 1;
        while (greatest / unit >= (power == 0 ? 10_000 : 1000) && power + 1 < SUFFIXES.length) {
            unit *= 1000;
            power++;
        }
        int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
        if (greatest < 0.01 && decimals > 3) {
            int digits = (int) Math.max(2, Math.ceil(Math.log10(greatest / step) + 1e-9) + 1);
            return Math.abs(value) < step / 2 ? "0" : scientific(value, digits);
        }
        String text = String.format(Locale.ROOT, "%." + decimals + "f", value / unit);
        return minus(Double.parseDouble(text) == 0 ? "0" : text + SUFFIXES[power]);
    }

    /** A time in seconds, minutes or hours. */
    static String seconds(double seconds) {
        if (!Double.isFinite(seconds)) {
            return "–";
        }
        long whole = Math.round(seconds);
        if (seconds < 100) {
            return of(seconds, 3) + " s";
        }
        return whole < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d h %02d min", whole / 3600, whole / 60 % 60);
    }

    private static String minus(String text) {
        return text.replace("e-", "e\0").replace('-', '−').replace('\0', '-');
    }
}
