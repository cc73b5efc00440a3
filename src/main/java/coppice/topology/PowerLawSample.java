package coppice.topology;

import coppice.random.RandomStream;
import java.util.Arrays;

/**
 * Draws samples like those that a power law was fitted to: from the law where they lie in its tail, and from the
 * observed values below it elsewhere.
 */
final class PowerLawSample {
    private static final int TABLED = 1 << 12;
    private static final double GREATEST = 0x1p53; // whole numbers beyond are not told apart
    private static final double UNIT = 0x1p-53;

    private final PowerLaw law;
    private final double[] below; // observed values that the law does not cover, in rising order
    private final double[] shares = new double[TABLED]; // of the law, from xmin + k on; falling
    private final double all;

    /** Samples like {@code observed}, which are above 0. */
    PowerLawSample(PowerLaw law, double[] observed) {
        this.law = law;
        this.below = Arrays.stream(observed)
                .filter(value -> value < law.xmin())
                .sorted()
                .toArray();
        this.all = HurwitzZeta.scaled(law.exponent(), law.xmin());
        double share = 1;
        for (int k = 0; k < TABLED; k++) {
            shares[k] = share;
            share -= Math.pow((double) (law.xmin() + k) / law.xmin(), -law.exponent()) / all;
        }
    }

    /** A sample of the size of the observed one. */
    double[] draw(RandomStream random) {
        double[] sample = new double[below.length + law.tail()];
        for (int i = 0; i < sample.length; i++) {
            int other = random.nextInt(sample.length);
            sample[i] = other < below.length ? below[other] : fromLaw((random.nextLong() >>> 11) * UNIT);
        }
        return sample;
    }

    /** The greatest x whose share of the law, from x on, is above {@code u} in [0, 1). */
    private double fromLaw(double u) {
        if (u < shares[TABLED - 1]) {
            return beyondTable(u);
        }
        int low = 0;
        int high = TABLED - 1; // shares[low] > u >= shares[high]
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            if (shares[middle] > u) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (double) law.xmin() + low;
    }

    private double beyondTable(double u) {
        double low = law.xmin() + TABLED - 1.0;
        double high = 2 * low;
        while (high < GREATEST && share(high) > u) {
            low = high;
            high *= 2;
        }
        while (high - low > 1) {
            double middle = Math.floor((low + high) / 2);
            if (share(middle) > u) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private double share(double from) {
        return Tails.share(law.exponent(), from, law.xmin(), all);
    }
}
