package coppice.data;

/**
 * How unevenly samples are spread over the classes that they have.
 *
 * @param rarest the class with the fewest samples, but some
 * @param fewest number of its samples
 * @param commonest the class with the most samples
 * @param most number of its samples
 */
public record ClassBalance(String rarest, int fewest, String commonest, int most) {
    /** A ratio from which on accuracy says little of the rarest class. */
    public static final double MUCH = 10;

    /** The balance of samples with classes. */
    public static ClassBalance of(Dataset data) {
        int[] counts = data.classCounts();
        int rarest = -1;
        int commonest = -1;
        for (int c = 0; c < counts.length; c++) {
            if (counts[c] > 0) {
                rarest = rarest < 0 || counts[c] < counts[rarest] ? c : rarest;
                commonest = commonest < 0 || counts[c] > counts[commonest] ? c : commonest;
            }
        }
        return new ClassBalance(
                data.classes().get(rarest), counts[rarest], data.classes().get(commonest), counts[commonest]);
    }

    /** How many times more samples the commonest class has than the rarest. */
    public double ratio() {
        return (double) most / fewest;
    }

    @Override
    public String toString() {
        return "'" + commonest + "' has " + most + " samples, '" + rarest + "' has " + fewest;
    }
}
