package coppice.run;

/** The element types that Coppice stores in safetensors files; the constants carry the format's own names. */
public enum DataType {
    /** IEEE single precision. */
    F32(4),
    /** Signed 32-bit integer. */
    I32(4),
    /** Signed 64-bit integer. */
    I64(8),
    /** Unsigned byte. */
    U8(1);

    private final int itemBytes;

    DataType(int itemBytes) {
        this.itemBytes = itemBytes;
    }

    /** The size of one element in bytes. */
    public int itemBytes() {
        return itemBytes;
    }
}
