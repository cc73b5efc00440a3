package coppice.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * How an array stores a number.
 *
 * @param kind a signed or unsigned integer, or a binary float of IEEE 754
 * @param bytes 1, 2, 4 or 8; of floats 2, 4 or 8
 * @param order of the bytes
 */
record NumberType(Kind kind, int bytes, ByteOrder order) {
    /** What kind of number. */
    enum Kind {
        SIGNED,
        UNSIGNED,
        FLOAT
    }

    /** Checks that numbers of this size exist. */
    NumberType {
        if (Integer.bitCount(bytes) != 1 || bytes > Long.BYTES || (kind == Kind.FLOAT && bytes < 2)) {
            throw new IllegalArgumentException("there is no " + kind + " number of " + bytes + " bytes");
        }
    }

    /** Whether it is a byte from 0 to 255. */
    boolean isByte() {
        return kind == Kind.UNSIGNED && bytes == 1;
    }

    /** The next number, rounded to double where it is a large integer. */
    double next(ByteBuffer from) {
        if (kind == Kind.FLOAT) {
            return switch (bytes) {
                case 2 -> half(from.getShort());
                case 4 -> from.getFloat();
                default -> from.getDouble();
            };
        }
        long value = integer(from);
        boolean large = kind == Kind.UNSIGNED && value < 0; // at least 2^63
        return large ? ((value >>> 1) | (value & 1)) * 2.0 : value;
    }

    /** Adds the next number as a label; returns null, or what is wrong with it. */
    @Nullable
    String addLabel(ByteBuffer from, LabelCollector labels) {
        if (kind == Kind.FLOAT) {
            return labels.add(next(from));
        }
        long value = integer(from);
        return labels.add(kind == Kind.UNSIGNED ? Long.toUnsignedString(value) : Long.toString(value));
    }

    private long integer(ByteBuffer from) {
        boolean signed = kind == Kind.SIGNED;
        return switch (bytes) {
            case 1 -> signed ? from.get() : from.get() & 0xff;
            case 2 -> signed ? from.getShort() : from.getShort() & 0xffff;
            case 4 -> signed ? from.getInt() : from.getInt() & 0xffffffffL;
            default -> from.getLong();
        };
    }

    /** A number of 1 sign bit, 5 bits of exponent and 10 of fraction. */
    private static float half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude = switch (exponent) {
            case 0 -> fraction * 0x1p-24f;
            case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> (fraction | 0x400) * Math.scalb(1f, exponent - 25);
        };
        return bits < 0 ? -magnitude : magnitude;
    }
}
