package coppice.topology;

/** A fixed number of bits, one for each connection; threads may set bits of different 64-bit words at once. */
public final class BitMask {
    private final int size;
    private final long[] words;

    /** All bits clear; {@code size} is at least 0. */
    public BitMask(int size) {
        this.size = size;
        this.words = new long[(size + 63) >>> 6];
    }

    /** Number of bits. */
    public int size() {
        return size;
    }

    /** Sets a bit. */
    public void set(int index) {
        words[index >>> 6] |= 1L << index;
    }

    /** Sets the bits of the 64-bit word {@code word} that are set in {@code bits}. */
    void setAll(int word, long bits) {
        words[word] |= bits;
    }

    /** First bit at or after {@code from} that is clear, or the size if there is none. */
    int nextClear(int from) {
        int word = from >>> 6;
        if (word >= words.length) {
            return size;
        }
        long clear = ~words[word] & -1L << from;
        while (clear == 0) {
            if (++word == words.length) {
                return size;
            }
            clear = ~words[word];
        }
        return Math.min(size, (word << 6) + Long.numberOfTrailingZeros(clear));
    }

    /** Whether a bit is set. */
    public boolean get(int index) {
        return (words[index >>> 6] >>> index & 1) != 0;
    }

    /** Number of bits set in [from, to). */
    public int count(int from, int to) {
        if (from >= to) {
            return 0;
        }
        int first = from >>> 6;
        int last = (to - 1) >>> 6;
        long firstBits = -1L << from;
        long lastBits = -1L >>> -to;
        if (first == last) {
            return Long.bitCount(words[first] & firstBits & lastBits);
        }
        int count = Long.bitCount(words[first] & firstBits) + Long.bitCount(words[last] & lastBits);
        for (int word = first + 1; word < last; word++) {
            count += Long.bitCount(words[word]);
        }
        return count;
    }

    /** Number of bits set. */
    public int count() {
        return count(0, size);
    }
}
