package coppice.model;

import coppice.backend.Window;
import coppice.parallel.Ranges;
import coppice.parallel.WorkerPool;
import coppice.random.Philox;
import coppice.random.Stream;

/**
 * The distribution of first weights.
 *
 * @param kind which distribution
 * @param scale standard deviation (NORMAL) or greatest magnitude (UNIFORM); unused otherwise
 */
public record Initializer(Kind kind, double scale) {
    /** The distributions. */
    public enum Kind {
        /** Normal with mean 0 and a given standard deviation. */
        NORMAL,
        /** Uniform between minus and plus a given magnitude. */
        UNIFORM,
        /** Uniform with variance 2 / fan-in, the fan-in that of the dense layer (He et al. 2015). */
        HE,
        /** As HE, the fan-in the mean number of connections that a neuron really has. */
        HE_SPARSE,
        /** Uniform with variance 2 / (fan-in + fan-out) of the dense layer (Glorot and Bengio 2010). */
        XAVIER,
        /** As XAVIER, with the mean numbers of connections that a neuron really has. */
        XAVIER_SPARSE,
        /** Zero. */
        ZERO
    }

    /**
     * Reads {@code normal:SD}, {@code uniform:LIMIT}, {@code he}, {@code he-sparse}, {@code xavier},
     * {@code xavier-sparse} or {@code zero}.
     *
     * @throws IllegalArgumentException naming what is wrong
     */
    public static Initializer parse(String text) {
        String[] parts = text.split(":", 2);
        boolean scaled = parts[0].equals("normal") || parts[0].equals("uniform");
        try {
            double scale = scaled && parts.length == 2 ? Double.parseDouble(parts[1]) : 0;
            if (scaled == (parts.length == 2) && (!scaled || (scale > 0 && scale < 1e6))) {
                return new Initializer(
                        switch (parts[0]) {
                            case "normal" -> Kind.NORMAL;
                            case "uniform" -> Kind.UNIFORM;
                            case "he" -> Kind.HE;
                            case "he-sparse" -> Kind.HE_SPARSE;
                            case "xavier" -> Kind.XAVIER;
                            case "xavier-sparse" -> Kind.XAVIER_SPARSE;
                            case "zero" -> Kind.ZERO;
                            default -> throw new NumberFormatException();
                        },
                        scale);
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IllegalArgumentException("an initializer must be normal:SD, uniform:LIMIT, he, he-sparse, xavier,"
                + " xavier-sparse or zero but was " + text);
    }

    /**
     * How many neurons a neuron of the layer that weights are drawn for is connected to.
     *
     * @param in inputs of an output neuron, were the layer dense
     * @param out outputs of an input neuron, were the layer dense
     * @param meanIn inputs that an output neuron really has, on average
     * @param meanOut outputs that an input neuron really has, on average
     */
    public record Fan(int in, int out, double meanIn, double meanOut) {
        /** Of fully connected neurons. */
        public static Fan of(int inputs, int outputs, int connections) {
            return new Fan(
                    inputs,
                    outputs,
                    (double) connections / Math.max(1, outputs),
                    (double) connections / Math.max(1, inputs));
        }

        /** Of a convolution, whose pixels each meet a filter at kernel x kernel positions. */
        static Fan of(Window window, int filters, int connections) {
            return new Fan(
                    window.terms(),
                    filters * window.kernel() * window.kernel(),
                    (double) connections / filters,
                    (double) connections / window.channels());
        }
    }

    /** Multiplier of a standard draw: a standard normal (NORMAL) or a uniform number in [-1, 1]. */
    private float spread(Fan fan) {
        return (float)
                switch (kind) {
                    case NORMAL, UNIFORM -> scale;
                    case HE -> Math.sqrt(6.0 / fan.in());
                    case HE_SPARSE -> Math.sqrt(6.0 / Math.max(1, fan.meanIn()));
                    case XAVIER -> Math.sqrt(6.0 / ((double) fan.in() + fan.out()));
                    case XAVIER_SPARSE -> Math.sqrt(6.0 / Math.max(1, fan.meanIn() + fan.meanOut()));
                    case ZERO -> 0.0;
                };
    }

    /**
     * Draws the weights of new connections; others are left alone.
     *
     * <p>The weight at index k is a function of the seed, the purpose, the layer, the evolution and k.
     *
     * @param weights one a connection; changed where {@code origin} is negative
     * @param origin for each connection its former index, or negative if it is new; null if all are new
     */
    public void fill(
            float[] weights, int @org.jspecify.annotations.Nullable [] origin, Fan fan, Draw draw, WorkerPool pool) {
        float spread = spread(fan);
        int parts = Math.max(1, Math.min(8 * pool.threads(), weights.length / 4096));
        pool.run(parts, part -> {
            int[] block = new int[4];
            int drawn = -1;
            int end = Ranges.start(weights.length, part + 1, parts);
            for (int k = Ranges.start(weights.length, part, parts); k < end; k++) {
                if (origin != null && origin[k] >= 0) {
                    continue;
                }
                if (drawn != k >> 2) {
                    drawn = k >> 2;
                    Philox.block(draw.seed(), drawn, 0, draw.evolution(), draw.purposeWord(), block, 0);
                }
                weights[k] = kind == Kind.ZERO ? 0f : spread * standard(block[k & 3]);
            }
        });
    }

    private float standard(int word) {
        return kind == Kind.NORMAL ? Normal.quantile(word) : word * 0x1p-31f;
    }

    /**
     * Which random numbers to draw.
     *
     * @param seed the run's seed
     * @param purposeWord purpose and layer
     * @param evolution number of the evolution, 0 for first weights
     */
    public record Draw(long seed, int purposeWord, int evolution) {
        /** The numbers of a purpose, layer and evolution. */
        public static Draw of(long seed, Stream purpose, int layer, int evolution) {
            return new Draw(seed, Philox.purposeWord(purpose, layer), evolution);
        }
    }
}
