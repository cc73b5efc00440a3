package coppice.run;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Pattern;

/** Tensors without those that only training needs: the optimizer's buffers and the states of chains. */
record WeightsOnly(TensorSource all) implements TensorSource {
    private static final Pattern TRAINING = Pattern.compile(".*(velocity|_moment|\\.chains)");

    @Override
    public boolean has(String name) {
        return all.has(name) && !TRAINING.matcher(name).matches();
    }

    @Override
    public Map<String, String> metadata() {
        return all.metadata();
    }

    @Override
    public float[] floats(String name) throws IOException {
        return all.floats(name);
    }

    @Override
    public int[] ints(String name) throws IOException {
        return all.ints(name);
    }

    @Override
    public int[] offsetsAsInts(String name) throws IOException {
        return all.offsetsAsInts(name);
    }

    @Override
    public void close() throws IOException {
        all.close();
    }
}
