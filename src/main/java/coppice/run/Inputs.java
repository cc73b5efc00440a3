package coppice.run;

import coppice.model.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a model's input neurons: optional in a checkpoint.
 *
 * @param names one a feature, as the data named them; empty where they did not
 * @param image how the features form an image; null where the data did not say
 */
public record Inputs(List<String> names, @Nullable Shape image) {
    /** Nothing is known. */
    public static final Inputs UNKNOWN = new Inputs(List.of(), null);

    /** Copies the list. */
    public Inputs {
        names = List.copyOf(names);
    }

    /** The name of a feature; null where it has none. */
    public @Nullable String name(int feature) {
        return names.isEmpty() ? null : names.get(feature);
    }
}
