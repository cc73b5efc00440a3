package coppice.run;

import coppice.MalformedDataException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What a safetensors header says, checked against the bytes that the file really has. */
final class SafeTensorsHeader {
    private static final int MAX_NAME_SHOWN = 80;

    private final Map<String, String> metadata;
    private final Map<String, Slot> slots;

    /**
     * Where one tensor lies.
     *
     * @param begin first byte, counted from the start of the values
     * @param end one past the last byte
     */
    record Slot(DataType type, List<Long> shape, long begin, long end) {
        long items() {
            return (end - begin) / type.itemBytes();
        }
    }

    SafeTensorsHeader(Map<String, String> metadata, Map<String, Slot> slots) {
        this.metadata = Collections.unmodifiableMap(metadata);
        this.slots = Collections.unmodifiableMap(slots);
    }

    Map<String, String> metadata() {
        return metadata;
    }

    /** The tensors by name, in the order of the header. */
    Map<String, Slot> slots() {
        return slots;
    }

    /** Requires that the tensors cover all {@code valueBytes} bytes, each byte once. */
    void requireCover(Path file, long valueBytes) {
        List<Map.Entry<String, Slot>> inOrder = slots.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(
                        Comparator.comparingLong(Slot::begin).thenComparingLong(Slot::end)))
                .toList();
        long covered = 0;
        for (Map.Entry<String, Slot> entry : inOrder) {
            Slot slot = entry.getValue();
            if (slot.begin() != covered) {
                String kind = slot.begin() < covered ? "overlaps the tensor before it" : "leaves a hole before it";
                throw fault(
                        file,
                        entry.getKey(),
                        kind + ": it must begin at " + covered + " but begins at " + slot.begin());
            }
            if (slot.end() > valueBytes) {
                throw fault(
                        file,
                        entry.getKey(),
                        "ends at " + slot.end() + " but the file has " + valueBytes + " value bytes");
            }
            covered = slot.end();
        }
        if (covered != valueBytes) {
            throw MalformedDataException.inFile(
                    file, "the tensors end at " + covered + " but the file has " + valueBytes + " value bytes");
        }
    }

    /** A fault of one tensor; its name comes from the file, so it is cut short and stripped of line ends. */
    static MalformedDataException fault(Path file, String tensor, String reason) {
        String shown = Json.oneLine(tensor);
        if (shown.length() > MAX_NAME_SHOWN) {
            shown = shown.substring(0, MAX_NAME_SHOWN) + "...";
        }
        return MalformedDataException.inFile(file, "tensor \"" + shown + "\": " + reason);
    }
}
