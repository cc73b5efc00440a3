package coppice.topology;

/**
 * How many connections a group of neurons has.
 *
 * @param neurons size of the group
 * @param min fewest connections of a neuron
 * @param mean connections a neuron
 * @param max most connections of a neuron
 * @param unconnected neurons without any
 */
public record Degrees(int neurons, int min, double mean, int max, int unconnected) {
    /** Sums up the degrees of a group of at least one neuron. */
    public static Degrees of(int[] degrees) {
        int min = Integer.MAX_VALUE;
        int max = 0;
        long sum = 0;
        int unconnected = 0;
        for (int degree : degrees) {
            min = Math.min(min, degree);
            max = Math.max(max, degree);
            sum += degree;
            unconnected += degree == 0 ? 1 : 0;
        }
        return new Degrees(degrees.length, min, (double) sum / degrees.length, max, unconnected);
    }
}
