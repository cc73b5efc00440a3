package coppice.data;

import coppice.MalformedDataException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects the labels of samples as a reader meets them: class names, or numbers to predict.
 *
 * <p>Samples whose labels are all missing are unlabelled; where only some are, the first missing one is a fault.
 */
final class LabelCollector {
    private final boolean numbers;
    private final ClassIndexer classes = new ClassIndexer();
    private final FloatList targets = new FloatList();
    private int count;
    private @Nullable MalformedDataException missing;

    /** A collector of what the request wants to learn. */
    LabelCollector(LoadRequest request) {
        this.numbers = request.regression();
    }

    /** Adds the label of the next sample; returns null, or what is wrong with it. */
    @Nullable
    String add(String text) {
        if (!numbers) {
            count++;
            classes.add(text);
            return null;
        }
        String stripped = text.strip();
        return addTarget(Numbers.parse(stripped.toCharArray(), 0, stripped.length()), stripped);
    }

    /** Adds the label of the next sample; returns null, or what is wrong with it. */
    @Nullable
    String add(double value) {
        if (numbers) {
            return addTarget(value, Double.toString(value));
        }
        if (value != Math.rint(value) || Math.abs(value) > 0x1p53) {
            return "label is not an integer: " + value + "; --task regression learns numbers";
        }
        count++;
        classes.add(Long.toString((long) value));
        return null;
    }

    private @Nullable String addTarget(double value, String shown) {
        if (!Float.isFinite((float) value)) {
            return "label '" + Numbers.shown(shown.toCharArray(), 0, shown.length())
                    + "' is not a finite number that a float can hold";
        }
        count++;
        targets.add((float) value);
        return null;
    }

    /** Notes that the next sample has no label, which is {@code fault} if others have. */
    void addMissing(MalformedDataException fault) {
        if (missing == null) {
            missing = fault;
        }
    }

    /** Number of labels so far. */
    int count() {
        return count;
    }

    /** The distinct class names in the order of their first use. */
    List<String> names() {
        return classes.names();
    }

    /** How many samples are of the same class as the first one. */
    int countOfFirst() {
        return classes.countOfFirst();
    }

    /** All labels; none if all are missing. */
    Labels finish() {
        if (missing != null && count > 0) {
            throw missing;
        }
        return numbers ? new Labels(new int[0], List.of(), targets.toArray()) : classes.finish();
    }
}
