package coppice.run;

import java.io.IOException;
import java.util.Map;

/**
 * An open file of named tensors and texts, which trusts nothing in it.
 *
 * <p>Whatever is not as the format or the caller expects is one {@link coppice.MalformedDataException}, and no array is
 * allocated that the file has no bytes for.
 */
interface TensorSource extends AutoCloseable {
    /** Whether there is a tensor of this name. */
    boolean has(String name);

    /** Texts by key. */
    Map<String, String> metadata();

    /** The values of a tensor of 32-bit floats. */
    float[] floats(String name) throws IOException;

    /** The values of a tensor of 32-bit integers. */
    int[] ints(String name) throws IOException;

    /** The values of a tensor of 64-bit offsets, each of which must be in [0, 2147483647]. */
    int[] offsetsAsInts(String name) throws IOException;

    @Override
    void close() throws IOException;
}
