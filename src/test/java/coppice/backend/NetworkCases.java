package coppice.backend;

import java.util.ArrayList;
import java.util.List;

/** The shapes that backends are tested on; the other settings rotate with the index of the case. */
final class NetworkCases {
    static final int[] SIZES = {1, 2, 3, 31, 32, 33, 127, 256};
    static final int[] BATCHES = {1, 2, 3, 4, 5, 10, 31, 32, 33, 64, 96, 97, 100, 112, 128, 160, 230};
    private static final double[] DENSITIES = {0.5, 0.01, NetworkCase.DENSE, 0, 1, 0.2, NetworkCase.DENSE};
    private static final Activation[] ACTIVATIONS = {
        new Activation(Activation.Kind.LEAKY, 0.25f),
        new Activation(Activation.Kind.SRELU, 0),
        new Activation(Activation.Kind.RELU, 0),
        new Activation(Activation.Kind.TANH, 0),
        new Activation(Activation.Kind.SIGMOID, 0),
        Activation.IDENTITY,
        new Activation(Activation.Kind.LEAKY, -0.6f),
    };
    private static final double[] DROPOUTS = {0, 0.3, 0.5, 0, 0.9};

    private static final Loss[] LOSSES = Loss.values();
    private static final Update.Kind[] RULES = {Update.Kind.SGD, Update.Kind.NESTEROV, Update.Kind.ADAM};

    private NetworkCases() {}

    /** Every batch with a hidden layer of {@code hidden} neurons between layers of other sizes. */
    static List<NetworkCase> withHidden(int hidden) {
        List<NetworkCase> cases = new ArrayList<>();
        for (int i = 0; i < BATCHES.length * 4; i++) {
            int batch = BATCHES[i % BATCHES.length];
            int seed = hidden * 1000 + i;
            int inputs = SIZES[(i * 5 + hidden + i / 14) % SIZES.length];
            int outputs = SIZES[(i * 3 + hidden * 7) % (SIZES.length - 1)];
            cases.add(new NetworkCase(
                    inputs,
                    hidden,
                    outputs,
                    batch,
                    batch,
                    DENSITIES[seed % DENSITIES.length],
                    ACTIVATIONS[(seed + i / BATCHES.length) % ACTIVATIONS.length],
                    DROPOUTS[seed % DROPOUTS.length],
                    LOSSES[seed % LOSSES.length],
                    update(seed % 6),
                    seed));
        }
        return cases;
    }

    /** Long rows, few of them or more than a small GPU needs, in batches round the borders between kernels' paths. */
    static List<NetworkCase> withLongRows() {
        int[] batches = {1, 4, 31, 32, 33, 96, 128, 130, 256, 300};
        int[] hidden = {1, 5, 70};
        int[] outputs = {10, 33, 1, 32};
        double[] densities = {0.9, NetworkCase.DENSE, 0.04};
        List<NetworkCase> cases = new ArrayList<>();
        for (int i = 0; i < 2 * batches.length; i++) {
            int batch = batches[i % batches.length];
            cases.add(new NetworkCase(
                    1021,
                    hidden[(i + i / 3) % hidden.length],
                    outputs[i % outputs.length],
                    batch,
                    batch + i % 2,
                    densities[i % densities.length],
                    ACTIVATIONS[i % ACTIVATIONS.length],
                    DROPOUTS[i % DROPOUTS.length],
                    LOSSES[i % LOSSES.length],
                    update(i % 6),
                    i));
        }
        return cases;
    }

    /** So many inputs, or outputs, that a batch of them takes over a mebibyte; rows of an odd number of vectors. */
    static List<NetworkCase> withWideLayers() {
        int[][] shapes = {{2700, 30, 2703, 100, 100}, {3000, 33, 10, 90, 112}, {3900, 9, 3901, 70, 70}};
        List<NetworkCase> cases = new ArrayList<>();
        for (int i = 0; i < shapes.length; i++) {
            int[] shape = shapes[i];
            cases.add(new NetworkCase(
                    shape[0],
                    shape[1],
                    shape[2],
                    shape[3],
                    shape[4],
                    0.02,
                    ACTIVATIONS[i],
                    0.3,
                    LOSSES[i % LOSSES.length],
                    update(i),
                    i));
        }
        return cases;
    }

    /** Each rule, with coupled and with unscaled decay. */
    static Update update(int which) {
        Update.Kind kind = RULES[which % RULES.length];
        boolean unscaled = which >= 3;
        return kind == Update.Kind.ADAM
                ? new Update(kind, 0.004f, 0.9f, 0.01f, unscaled, 0.999f, 3.7f, 1e-8f)
                : new Update(kind, 0.05f, 0.9f, 0.01f, unscaled, 0, 0, 0);
    }
}
