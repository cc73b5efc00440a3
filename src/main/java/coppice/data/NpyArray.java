package coppice.data;

import coppice.MalformedDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;

/** An array in NumPy's NPY format, in a file of its own or a member of an NPZ file. */
final class NpyArray implements SourceArray {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final Charset UTF_32LE = Charset.forName("UTF-32LE");
    private static final Charset UTF_32BE = Charset.forName("UTF-32BE");

    private final Path path;
    private final String name;
    private final Supplier<ByteSource> opener;
    private final NpyHeader header;

    /**
     * Reads the header.
     *
     * @param name the array's name in the file, empty where it is the whole file
     * @param opener opens the array from its first byte
     */
    NpyArray(Path path, String name, Supplier<ByteSource> opener) {
        this.path = path;
        this.name = name;
        this.opener = opener;
        try (ByteSource source = opener.get()) {
            this.header = NpyHeader.read(source);
        }
    }

    /** The array that a file holds. */
    static NpyArray of(DataFile file) {
        return new NpyArray(file.path(), "", file::open);
    }

    @Override
    public MalformedDataException fault(String reason) {
        return MalformedDataException.inFile(path, (name.isEmpty() ? "the array " : "array '" + name + "' ") + reason);
    }

    @Override
    public boolean isTable() {
        return header.number() != null && header.extents().length >= 2;
    }

    @Override
    public Features features(boolean allowMissing) {
        ArrayLayout layout = numbers();
        layout.requireTable();
        try (ByteSource source = elements(layout.count())) {
            Features features = layout.features(blocks(source, layout.count()), allowMissing);
            source.expectEnd("the array");
            return features;
        }
    }

    private ArrayLayout numbers() {
        NumberType type = header.number();
        if (type == null) {
            throw fault("holds " + header.content() + "; expected integers or floats of at most 8 bytes");
        }
        return new ArrayLayout(this, header.extents(), type, header.columnMajor());
    }

    /** Its one text. */
    String text() {
        LabelCollector collector = new LabelCollector(LoadRequest.of(path));
        if (!header.isText()) {
            throw fault("holds " + header.content() + "; expected text");
        }
        addText(1, collector);
        return collector.names().get(0);
    }

    /** Its whole numbers, which lie along one axis and are at least 0. */
    int[] integers() {
        ArrayLayout layout = numbers();
        int[] values = new int[vectorLength(layout)];
        forEach(layout, (index, value) -> {
            if (value != (int) value || value < 0) {
                throw fault("has the element " + value + "; expected a whole number from 0 to " + Integer.MAX_VALUE);
            }
            values[index] = (int) value;
        });
        return values;
    }

    /** Its numbers, which lie along one axis. */
    float[] floats(boolean allowMissing) {
        ArrayLayout layout = numbers();
        float[] values = new float[vectorLength(layout)];
        forEach(layout, (index, value) -> {
            values[index] = (float) value;
            if (!Float.isFinite(values[index]) && !(allowMissing && Double.isNaN(value))) {
                throw fault("is not finite at element " + (index + 1));
            }
        });
        return values;
    }

    /** Takes an element. */
    private interface ElementConsumer {
        void accept(int index, double value);
    }

    private int vectorLength(ArrayLayout layout) {
        if (header.extents().length != 1) {
            throw fault("is " + ArrayLayout.shape(header.extents()) + "; expected one axis");
        }
        if (header.extents()[0] == 0) {
            return 0;
        }
        try (ByteSource source = opener.get()) {
            source.requireRemaining((long) layout.count() * header.itemBytes(), "elements");
        }
        return layout.count();
    }

    private void forEach(ArrayLayout layout, ElementConsumer consumer) {
        if (header.extents()[0] == 0) {
            return;
        }
        int count = layout.count();
        try (ByteSource source = elements(count)) {
            ArrayLayout.Blocks blocks = blocks(source, count);
            for (int at = 0; at < count; ) {
                for (ByteBuffer block = blocks.next(); block.hasRemaining(); at++) {
                    consumer.accept(at, layout.type().next(block));
                }
            }
            source.expectEnd("the array");
        }
    }

    private ByteSource elements(int count) {
        ByteSource source = opener.get();
        source.readExactly(header.bytes(), "the header");
        return source.requiring((long) count * header.itemBytes(), "elements");
    }

    private ArrayLayout.Blocks blocks(ByteSource source, int count) {
        long[] left = {(long) count * header.itemBytes()};
        return () -> {
            byte[] block = source.readExactly(Math.min(left[0], BLOCK_BYTES), "elements");
            left[0] -= block.length;
            return ByteBuffer.wrap(block).order(header.order());
        };
    }

    @Override
    public void addLabels(int samples, LabelCollector labels) {
        if (header.isText()) {
            addText(samples, labels);
            return;
        }
        ArrayLayout layout = numbers();
        layout.requireLabels(samples);
        try (ByteSource source = elements(samples)) {
            byte[] bytes = source.readExactly((long) samples * header.itemBytes(), "elements");
            source.expectEnd("the array");
            ByteBuffer from = ByteBuffer.wrap(bytes).order(header.order());
            for (int i = 0; i < samples; i++) {
                String fault = layout.type().addLabel(from, labels);
                if (fault != null) {
                    throw fault("at sample " + (i + 1) + ": " + fault);
                }
            }
        }
    }

    private void addText(int samples, LabelCollector labels) {
        new ArrayLayout(this, header.extents(), new NumberType(NumberType.Kind.UNSIGNED, 1, header.order()), false)
                .requireLabels(samples);
        Charset charset = header.kind() == 'S'
                ? StandardCharsets.UTF_8
                : header.order() == ByteOrder.LITTLE_ENDIAN ? UTF_32LE : UTF_32BE;
        long width = header.itemBytes() * (header.kind() == 'U' ? 4L : 1L);
        try (ByteSource source = opener.get()) {
            source.readExactly(header.bytes(), "the header");
            for (int i = 0; i < samples; i++) {
                String text = new String(source.readExactly(width, "text"), charset).replaceAll("\0+$", "");
                String fault = text.isBlank() ? "has an empty label" : labels.add(text);
                if (fault != null) {
                    throw fault("at sample " + (i + 1) + ": " + fault);
                }
            }
            source.expectEnd("the array");
        }
    }
}
