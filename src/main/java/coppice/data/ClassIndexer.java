package coppice.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Collects label texts and turns them into class indices once all classes are known. */
final class ClassIndexer {
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private int[] labels = new int[256];
    private int count;

    /** Adds the label of the next sample. */
    void add(String label) {
        String name = canonical(label);
        Integer known = ids.get(name);
        int id = known == null ? names.size() : known;
        if (known == null) {
            ids.put(name, id);
            names.add(name);
        }
        if (count == labels.length) {
            labels = Arrays.copyOf(labels, Capacity.grown(count));
        }
        labels[count++] = id;
    }

    /** Number of labels so far. */
    int count() {
        return count;
    }

    /** How many samples carry the same label as the first one. */
    int countOfFirst() {
        int same = 0;
        for (int i = 0; i < count; i++) {
            same += labels[i] == 0 ? 1 : 0;
        }
        return same;
    }

    /** The distinct labels in the order of their first use. */
    List<String> names() {
        return names;
    }

    /** The labels as indices of the classes, by value if all are integers, else in text order. */
    Labels finish() {
        List<String> sorted = new ArrayList<>(names);
        sorted.sort(order(names));
        Map<String, Integer> place = new HashMap<>();
        for (int i = 0; i < sorted.size(); i++) {
            place.put(sorted.get(i), i);
        }
        int[] rank = names.stream().mapToInt(place::get).toArray();
        int[] indices = new int[count];
        for (int i = 0; i < count; i++) {
            indices[i] = rank[labels[i]];
        }
        return Labels.of(indices, sorted);
    }

    /** The text of a class: an integer in whatever form ("1.0", "+1", "1e0") becomes its plain digits. */
    static String canonical(String label) {
        String text = label.strip();
        char[] chars = text.toCharArray();
        double value = Numbers.parse(chars, 0, chars.length);
        boolean integral = value == Math.rint(value) && Math.abs(value) <= 0x1p53;
        return integral ? Long.toString((long) value) : text;
    }

    /** Whether a class name is a plain integer. */
    static boolean isInteger(String name) {
        if (name.length() > 17) {
            return false;
        }
        int start = name.startsWith("-") ? 1 : 0;
        return name.length() > start && name.chars().skip(start).allMatch(c -> c >= '0' && c <= '9');
    }

    private static Comparator<String> order(List<String> names) {
        return names.stream().allMatch(ClassIndexer::isInteger)
                ? Comparator.comparingLong(Long::parseLong)
                : Comparator.naturalOrder();
    }
}
