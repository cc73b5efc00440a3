package coppice.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A chart with two axes as an SVG drawing in a figure with caption and legend.
 *
 * <p>Captions and legends are text of the page, which wraps at any width; only axes and marks are drawn. Colours and
 * dashes come from classes {@code s0} to {@code s5} of the page's style sheet, so that they follow its light or dark
 * scheme; {@code s6} is neutral.
 */
final class Chart {
    /** How many series colours can tell apart. */
    static final int COLOURS = 6;
    /** Number of the neutral colour. */
    static final int NEUTRAL = 6;

    private static final int WIDTH = 400; // of the drawing, in its own units; about pixels on a page
    private static final int HEIGHT = 240;
    private static final int LEFT = 52;
    private static final int RIGHT = 20;
    private static final int TOP = 22;
    private static final int BOTTOM = 36;
    private static final int MOST_DOTS = 40; // points of a curve that are marked one by one

    private final String title;
    private final String caption;
    private final Axis x;
    private final Axis y;
    private final List<Mark> marks = new ArrayList<>();

    private enum Kind {
        LINE,
        DASHES,
        DOTS,
        BAND,
        AREA
    }

    /** What is drawn; {@code lows} is null but for bands and areas. */
    @SuppressWarnings("ArrayRecordComponent") // not compared
    private record Mark(
            Kind kind, int colour, @Nullable String name, Curve curve, double @Nullable [] lows, boolean joined) {}

    /**
     * An empty chart.
     *
     * @param title what it shows, in a few words
     * @param caption a sentence or more that says how to read it; may be empty
     */
    Chart(String title, String caption, Axis x, Axis y) {
        this.title = title;
        this.caption = caption;
        this.x = x;
        this.y = y;
    }

    /** A line through points; colours from 3 on are dashed too. A null name keeps it out of the legend. */
    Chart line(@Nullable String name, int colour, Curve curve) {
        marks.add(new Mark(Kind.LINE, colour, name, curve, null, true));
        return this;
    }

    /** A thin dashed line, for a law beside what was measured. */
    Chart dashes(@Nullable String name, int colour, Curve curve) {
        marks.add(new Mark(Kind.DASHES, colour, name, curve, null, true));
        return this;
    }

    /** Points that are not joined. */
    Chart dots(@Nullable String name, int colour, Curve curve) {
        marks.add(new Mark(Kind.DOTS, colour, name, curve, null, false));
        return this;
    }

    /** A translucent band from {@code lows} to the curve, of the same colour as a line. */
    Chart band(int colour, Curve highs, double[] lows) {
        marks.add(new Mark(Kind.BAND, colour, null, highs, lows, true));
        return this;
    }

    /** A filled area from {@code lows} to the curve. */
    Chart area(String name, int colour, Curve highs, double[] lows) {
        marks.add(new Mark(Kind.AREA, colour, name, highs, lows, true));
        return this;
    }

    void write(Markup page) {
        page.open("figure");
        page.open("figcaption").element("strong", title);
        if (!caption.isEmpty()) {
            page.text(" ").element("span", caption);
        }
        page.close();
        writeLegend(page);
        page.open(
                "svg",
                "viewBox",
                "0 0 " + WIDTH + " " + HEIGHT,
                "role",
                "img",
                "aria-label",
                title + ": " + y.label() + " over " + x.label());
        writeAxes(page);
        for (Kind kind : List.of(Kind.AREA, Kind.BAND, Kind.LINE, Kind.DASHES, Kind.DOTS)) {
            marks.stream().filter(mark -> mark.kind == kind).forEach(mark -> write(mark, page));
        }
        page.close().closeLine();
    }

    private void writeLegend(Markup page) {
        if (marks.stream().allMatch(mark -> mark.name == null)) {
            return;
        }
        page.open("ul", "class", "legend");
        for (Mark mark : marks) {
            if (mark.name != null) {
                page.open("li");
                page.open("svg", "viewBox", "0 0 24 10", "aria-hidden", "true");
                String colour = "s" + mark.colour;
                switch (mark.kind) {
                    case DOTS -> page.empty("circle", "cx", "12", "cy", "5", "r", "3", "class", "dot " + colour);
                    case AREA ->
                        page.empty(
                                "rect", "x", "2", "y", "0", "width", "20", "height", "10", "class", "area " + colour);
                    default -> page.empty("path", "d", "M1 5H23", "class", line(mark) + colour);
                }
                page.close().text(mark.name).close();
            }
        }
        page.close();
    }

    private static String line(Mark mark) {
        return mark.kind == Kind.DASHES ? "law " : "line ";
    }

    private void writeAxes(Markup page) {
        StringBuilder grid = new StringBuilder();
        for (Axis.Tick tick : y.ticks()) {
            grid.append('M').append(LEFT).append(' ').append(number(down(tick.value())));
            grid.append('H').append(WIDTH - RIGHT);
        }
        page.empty("path", "d", grid.toString(), "class", "rules");
        StringBuilder axis =
                new StringBuilder("M" + LEFT + " " + TOP + "V" + (HEIGHT - BOTTOM) + "H" + (WIDTH - RIGHT));
        for (Axis.Tick tick : x.ticks()) {
            axis.append('M')
                    .append(number(across(tick.value())))
                    .append(' ')
                    .append(HEIGHT - BOTTOM)
                    .append("v4");
        }
        page.empty("path", "d", axis.toString(), "class", "axis");
        for (Axis.Tick tick : y.ticks()) {
            page.element(
                    "text",
                    tick.label(),
                    "x",
                    Integer.toString(LEFT - 6),
                    "y",
                    number(down(tick.value()) + 4),
                    "text-anchor",
                    "end");
        }
        for (Axis.Tick tick : x.ticks()) {
            page.element(
                    "text",
                    tick.label(),
                    "x",
                    number(across(tick.value())),
                    "y",
                    Integer.toString(HEIGHT - BOTTOM + 16),
                    "text-anchor",
                    "middle");
        }
        page.element("text", y.label(), "x", "2", "y", "12", "class", "label");
        page.element(
                "text",
                x.label(),
                "x",
                Integer.toString(WIDTH - RIGHT),
                "y",
                Integer.toString(HEIGHT - 4),
                "text-anchor",
                "end",
                "class",
                "label");
    }

    private void write(Mark mark, Markup page) {
        List<double[]> points = mark.curve.points();
        String colour = "s" + mark.colour;
        if (points.isEmpty()) {
            return;
        }
        if (mark.lows != null) {
            String outline = path(points)
                    + path(reversed(new Curve(mark.curve.xs(), mark.lows).points()))
                            .replace('M', 'L');
            page.empty("path", "d", outline + "Z", "class", (mark.kind == Kind.BAND ? "band " : "area ") + colour);
            return;
        }
        if (mark.joined && points.size() > 1) {
            page.empty("path", "d", path(points), "class", line(mark) + colour);
        }
        if (mark.kind == Kind.DOTS || (mark.kind == Kind.LINE && points.size() <= MOST_DOTS)) {
            for (double[] point : points) {
                page.open(
                        "circle",
                        "cx",
                        number(across(point[0])),
                        "cy",
                        number(down(point[1])),
                        "r",
                        mark.kind == Kind.DOTS ? "2.5" : "2",
                        "class",
                        "dot " + colour);
                String where = x.label() + " " + Figure.of(point[0], 6) + ": " + Figure.of(point[1], 5);
                page.element("title", mark.name == null ? where : mark.name + ", " + where)
                        .close();
            }
        }
    }

    private static List<double[]> reversed(List<double[]> points) {
        List<double[]> reversed = new ArrayList<>(points);
        java.util.Collections.reverse(reversed);
        return reversed;
    }

    private String path(List<double[]> points) {
        StringBuilder path = new StringBuilder();
        for (double[] point : points) {
            path.append(path.isEmpty() ? 'M' : 'L');
            path.append(number(across(point[0]))).append(' ').append(number(down(point[1])));
        }
        return path.toString();
    }

    private double across(double value) {
        return LEFT + x.at(value) * (WIDTH - LEFT - RIGHT);
    }

    private double down(double value) {
        return HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM);
    }

    private static String number(double value) {
        String text = String.format(Locale.ROOT, "%.1f", value);
        return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
    }
}
