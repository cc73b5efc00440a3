package coppice.report;

import java.util.Locale;

/**
 * A number a pixel of an image, as squares whose colour says how great it is.
 *
 * <p>The colours are ten points of viridis (Smith and van der Walt, 2015), which stay in order for the colour-blind and
 * in grey. All squares of a shade are one path, so that a drawing takes a few bytes a pixel.
 */
final class HeatMap {
    private static final int[] VIRIDIS = {
        0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725
    };
    private static final int SHADES = 64;
    private static final int MOST_EXTENT = 256; // squares across or down; larger images are averaged

    private HeatMap() {}

    /**
     * Draws an image.
     *
     * @param values row by row
     * @param range from the darkest to the brightest shade
     */
    static void write(Markup page, String name, double[] values, int height, int width, Range range) {
        int block = (Math.max(height, width) + MOST_EXTENT - 1) / MOST_EXTENT;
        int rows = (height + block - 1) / block;
        int columns = (width + block - 1) / block;
        StringBuilder[] paths = new StringBuilder[SHADES];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                double value = mean(values, height, width, row * block, column * block, block);
                double share = (value - range.low()) / (range.high() - range.low()); // not a number where all are equal
                int shade = (int) Math.max(0, Math.min(SHADES - 1, share * SHADES));
                StringBuilder path = paths[shade];
                if (path == null) {
                    path = new StringBuilder();
                    paths[shade] = path;
                }
                path.append('M').append(column).append(' ').append(row).append("h1v1h-1z");
            }
        }
        page.open("svg", "viewBox", "0 0 " + columns + " " + rows, "role", "img", "aria-label", name, "class", "map");
        for (int shade = 0; shade < SHADES; shade++) {
            if (paths[shade] != null) {
                page.empty("path", "d", paths[shade].toString(), "fill", colour((shade + 0.5) / SHADES));
            }
        }
        page.close();
    }

    private static double mean(double[] values, int height, int width, int top, int left, int block) {
        double sum = 0;
        int count = 0;
        for (int row = top; row < Math.min(height, top + block); row++) {
            for (int column = left; column < Math.min(width, left + block); column++) {
                sum += values[row * width + column];
                count++;
            }
        }
        return sum / count;
    }

    /** The bar that tells what the shades mean. */
    static void writeScale(Markup page, String label, Range range) {
        page.open("div", "class", "scale").element("span", Figure.of(range.low(), 3));
        page.open("svg", "viewBox", "0 0 " + SHADES + " 4", "preserveAspectRatio", "none", "aria-hidden", "true");
        for (int shade = 0; shade < SHADES; shade++) {
            page.empty("path", "d", "M" + shade + " 0h1v4h-1z", "fill", colour((shade + 0.5) / SHADES));
        }
        page.close()
                .element("span", (Figure.of(range.high(), 3) + " " + label).strip())
                .closeLine();
    }

    /** The colour of a share from 0 to 1. */
    static String colour(double share) {
        double at = share * (VIRIDIS.length - 1);
        int below = (int) Math.min(VIRIDIS.length - 2, Math.floor(at));
        int rgb = 0;
        for (int shift = 16; shift >= 0; shift -= 8) {
            int from = VIRIDIS[below] >> shift & 255;
            int to = VIRIDIS[below + 1] >> shift & 255;
            rgb = rgb << 8 | (int) Math.round(from + (at - below) * (to - from));
        }
        return String.format(Locale.ROOT, "#%06x", rgb);
    }
}
