package coppice.run;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model's input neurons: optional in a checkpoint.
 *
 * @param names one a feature, as the data named them; empty where they did not
 * @param image how the features form an image; null where the data did not say
 */
public record Inputs(List<String> names, @Nullable Image image) {
    /** Nothing is known. */
    public static final Inputs UNKNOWN = new Inputs(List.of(), null);

    /** Copies the list. */
    public Inputs {
        names = List.copyOf(names);
    }

    /**
     * Features that form an image channel by channel, row by row.
     *
     * @param channels at least 1
     * @param height rows of pixels, at least 1
     * @param width columns of pixels, at least 1
     */
    public record Image(int channels, int height, int width) {
        /** Checks that no extent is below 1. */
        public Image {
            if (channels < 1 || height < 1 || width < 1) {
                throw new IllegalArgumentException(
                        "image extents must be at least 1 but were " + channels + " x " + height + " x " + width);
            }
        }

        /** Number of features. */
        public long features() {
            return (long) channels * height * width;
        }
    }

    /** The name of a feature; null where it has none. */
    public @Nullable String name(int feature) {
        return names.isEmpty() ? null : names.get(feature);
    }
}
