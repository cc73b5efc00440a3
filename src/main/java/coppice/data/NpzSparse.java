package coppice.data;

import coppice.MalformedDataException;
import coppice.matrix.CsrMatrix;
import coppice.matrix.CsrPattern;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/** A sparse matrix as scipy.sparse.save_npz writes it: the arrays of its compressed rows, its shape and its form. */
final class NpzSparse implements SourceArray {
    private static final Set<String> ALWAYS = Set.of("format", "shape", "data");

    private final Map<String, NpyArray> arrays;

    NpzSparse(Map<String, NpyArray> arrays) {
        this.arrays = arrays;
    }

    /** Whether these are the arrays of a sparse matrix in some form. */
    static boolean isIn(Map<String, NpyArray> arrays) {
        return arrays.keySet().containsAll(ALWAYS);
    }

    private NpyArray array(String name) {
        NpyArray array = arrays.get(name);
        if (array == null) {
            throw fault("lacks its array '" + name + "'");
        }
        return array;
    }

    @Override
    public boolean isTable() {
        return true;
    }

    @Override
    public MalformedDataException fault(String reason) {
        return array("shape").fault("of a sparse matrix: it " + reason);
    }

    @Override
    public Features features(boolean allowMissing) {
        String form = array("format").text();
        if (!form.equals("csr")) {
            throw fault("is in the form '" + Numbers.shown(form.toCharArray(), 0, form.length())
                    + "'; expected 'csr': save matrix.tocsr()");
        }
        int[] shape = array("shape").integers();
        int[] offsets = array("indptr").integers();
        if (shape.length != 2 || shape[1] < 1 || offsets.length - 1 != shape[0]) {
            throw fault("has a shape that its " + (offsets.length - 1) + " rows do not have");
        }
        if (shape[1] > Capacity.features()) {
            throw fault("has " + shape[1] + " columns, but " + Capacity.allowedFeatures());
        }
        int[] columns = array("indices").integers();
        float[] values = array("data").floats(allowMissing);
        if (columns.length != values.length) {
            throw fault("has " + columns.length + " column indices for " + values.length + " values");
        }
        try {
            requireOffsets(offsets, columns.length);
            sortRows(offsets, columns, values);
            return new Features(new CsrMatrix(new CsrPattern(shape[0], shape[1], offsets, columns), values), null);
        } catch (IllegalArgumentException e) {
            throw fault("is inconsistent: " + e.getMessage());
        }
    }

    private static void requireOffsets(int[] offsets, int values) {
        for (int row = 0; row + 1 < offsets.length; row++) {
            if (offsets[row] < 0 || offsets[row] > offsets[row + 1]) {
                throw new IllegalArgumentException("row offsets must rise from 0");
            }
        }
        if (offsets[offsets.length - 1] != values) {
            throw new IllegalArgumentException("the last row offset is not the number of values");
        }
    }

    /** SciPy leaves the columns of a row in any order; most are in order already. */
    private static void sortRows(int[] offsets, int[] columns, float[] values) {
        for (int row = 0; row + 1 < offsets.length; row++) {
            int from = offsets[row];
            int to = offsets[row + 1];
            boolean sorted = true;
            for (int k = from + 1; k < to; k++) {
                sorted &= columns[k - 1] < columns[k];
            }
            if (!sorted) {
                sort(columns, values, from, to);
            }
        }
    }

    private static void sort(int[] columns, float[] values, int from, int to) {
        long[] keyed = new long[to - from]; // column and place
        float[] before = Arrays.copyOfRange(values, from, to);
        for (int k = from; k < to; k++) {
            keyed[k - from] = (long) columns[k] << Integer.SIZE | (k - from);
        }
        Arrays.sort(keyed);
        for (int k = from; k < to; k++) {
            columns[k] = (int) (keyed[k - from] >> Integer.SIZE);
            values[k] = before[(int) keyed[k - from]];
        }
    }

    @Override
    public void addLabels(int samples, LabelCollector labels) {
        throw fault("is not a list of labels");
    }
}
