package coppice.data;

import coppice.matrix.ByteMatrix;
import coppice.matrix.CsrMatrix;
import coppice.matrix.DenseMatrix;
import coppice.matrix.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a data set hold.
 *
 * @param rows number of samples
 * @param features number of features
 * @param classes class names
 * @param labelCounts number of samples of each class
 * @param imbalance how many times more samples the commonest class has than the rarest that has some; null without
 *     classes
 * @param targets least, greatest and mean number to predict; null without such numbers
 * @param min smallest value, zeros of sparse features included
 * @param max largest value
 * @param missing number of values that are missing
 * @param sparse whether the features are stored as compressed sparse rows
 * @param format what the samples were read from
 * @param sha256 checksum of each file as stored, in the order given
 */
public record DatasetDescription(
        int rows,
        int features,
        List<String> classes,
        Map<String, Integer> labelCounts,
        @Nullable Double imbalance,
        @Nullable Map<String, Double> targets,
        float min,
        float max,
        long missing,
        boolean sparse,
        String format,
        List<String> sha256) {

    /** Reads the files, missing values included, and describes their training samples. */
    public static DatasetDescription of(LoadRequest request) {
        List<String> checksums =
                request.paths().stream().map(DatasetDescription::checksum).toList();
        return of(Datasets.load(request.withMissingAllowed()), checksums);
    }

    /** Describes a data set already loaded. */
    public static DatasetDescription of(Dataset data, List<String> sha256) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        int[] classCounts = data.classCounts();
        for (int c = 0; c < classCounts.length; c++) {
            counts.put(data.classes().get(c), classCounts[c]);
        }
        Range range = Range.of(data.features());
        return new DatasetDescription(
                data.rows(),
                data.featureCount(),
                data.classes(),
                counts,
                data.labels().length == 0 ? null : ClassBalance.of(data).ratio(),
                data.targets().length == 0 ? null : summary(data.targets()),
                range.min,
                range.max,
                range.missing,
                data.features() instanceof CsrMatrix,
                data.format(),
                sha256);
    }

    /** The description under the names that scripts read; {@code sha256} is a list only for several files. */
    public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("rows", rows);
        map.put("features", features);
        map.put("classes", classes);
        map.put("label_counts", labelCounts);
        map.put("imbalance", imbalance);
        if (targets != null) {
            map.put("targets", targets);
        }
        map.put("min", min);
        map.put("max", max);
        map.put("missing", missing);
        map.put("sparse", sparse);
        map.put("format", format);
        map.put("sha256", sha256.size() == 1 ? sha256.get(0) : sha256);
        return map;
    }

    private static Map<String, Double> summary(float[] numbers) {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double mean = 0;
        for (float number : numbers) {
            min = Math.min(min, number);
            max = Math.max(max, number);
            mean += (double) number / numbers.length;
        }
        Map<String, Double> summary = new LinkedHashMap<>();
        summary.put("min", min);
        summary.put("max", max);
        summary.put("mean", mean);
        return summary;
    }

    private static String checksum(Path path) {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = DataFile.at(path).openStored()) {
            byte[] block = new byte[1 << 16];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                digest.update(block, 0, count);
            }
        } catch (IOException e) {
            throw DataFile.unreadable(path, e);
        }
        return Sha256.hex(digest);
    }

    private static final class Range {
        private float min = Float.POSITIVE_INFINITY;
        private float max = Float.NEGATIVE_INFINITY;
        private long missing;

        static Range of(Matrix matrix) {
            Range range = new Range();
            if (matrix instanceof DenseMatrix dense) {
                range.add(dense.values());
            } else if (matrix instanceof CsrMatrix sparse) {
                range.add(sparse.values());
                if (sparse.values().length < sparse.pattern().cells()) {
                    range.add(new float[1]);
                }
            } else if (matrix instanceof ByteMatrix bytes) {
                for (byte value : bytes.values()) {
                    range.min = Math.min(range.min, value & 0xff);
                    range.max = Math.max(range.max, value & 0xff);
                }
            }
            return range;
        }

        private void add(float[] values) {
            for (float value : values) {
                if (Float.isNaN(value)) {
                    missing++;
                } else {
                    min = Math.min(min, value);
                    max = Math.max(max, value);
                }
            }
        }
    }
}
