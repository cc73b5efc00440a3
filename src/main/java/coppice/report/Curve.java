package coppice.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Points to join by a line; a point whose y is not a number is left out.
 *
 * @param xs in rising order
 * @param ys one an x
 */
@SuppressWarnings("ArrayRecordComponent") // made to be drawn, not compared
record Curve(double[] xs, double[] ys) {
    private static final int MOST_POINTS = 800;

    Curve {
        if (xs.length != ys.length) {
            throw new IllegalArgumentException(xs.length + " x have " + ys.length + " y");
        }
    }

    /** The points that are there; of very many the extremes of equal stretches, which look the same. */
    List<double[]> points() {
        List<double[]> points = new ArrayList<>();
        for (int i = 0; i < xs.length; i++) {
            if (Double.isFinite(ys[i])) {
                points.add(new double[] {xs[i], ys[i]});
            }
        }
        return points.size() <= MOST_POINTS ? points : thinned(points);
    }

    private static List<double[]> thinned(List<double[]> points) {
        int stretches = MOST_POINTS / 2;
        List<double[]> kept = new ArrayList<>();
        for (int s = 0; s < stretches; s++) {
            int from = (int) ((long) s * points.size() / stretches);
            int to = (int) ((long) (s + 1) * points.size() / stretches);
            int least = from;
            int greatest = from;
            for (int i = from; i < to; i++) {
                least = points.get(i)[1] < points.get(least)[1] ? i : least;
                greatest = points.get(i)[1] > points.get(greatest)[1] ? i : greatest;
            }
            kept.add(points.get(Math.min(least, greatest)));
            if (least != greatest) {
                kept.add(points.get(Math.max(least, greatest)));
            }
        }
        return kept;
    }
}
