package coppice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten thousand damaged files: each is a data set or one fault on one line, in time and in the memory of the tests. */
class MutatedFilesTest {
    private static final int MUTATIONS = 300; // of each of 34 files
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    static Stream<Arguments> made() throws IOException {
        byte[] csv = TestFiles.text("a,\"b\",class\n" + "1,2.5,cat\n-3e2,4,\"do\"\"g\"\n".repeat(4));
        byte[] libsvm = TestFiles.text("+1 1:0.5 3:2 7:1e3\n-1 \n-1 2:1 # c\n".repeat(4));
        byte[] cifar = TestFiles.join(TestFiles.cifarRecord(3), TestFiles.cifarRecord(9));
        byte[] sparse =
                TestFiles.join(TestFiles.head(TestFiles.mat(TestFiles.smallMat()), 128), MatReaderTest.sparseX());
        return Stream.of(
                Arguments.of("a.idx", TestFiles.idxImages(), ""),
                Arguments.of("a.idx.gz", TestFiles.gzip(TestFiles.idxImages()), ""),
                Arguments.of("floats", TestFiles.idx(13, new int[] {2, 2}, TestFiles.bigEndianFloats(1, 2, 3, 4)), ""),
                Arguments.of("a.csv", csv, ""),
                Arguments.of("a.csv.gz", TestFiles.gzip(csv), ""),
                Arguments.of("text", csv, ""),
                Arguments.of("a.libsvm", libsvm, ""),
                Arguments.of("a.bin", cifar, ""),
                Arguments.of("plain.mat", TestFiles.mat(TestFiles.smallMat(), false), ""),
                Arguments.of("packed.mat", TestFiles.mat(TestFiles.smallMat(), true), ""),
                Arguments.of("sparse.mat", sparse, "X"));
    }

    /** Files of other programs, and the array to read where it has no usual name. */
    static Stream<Arguments> foreign() throws IOException {
        Map<String, String> names = new LinkedHashMap<>();
        for (String name :
                List.of("blanks.txt", "plants.arff", "weka-dense.arff", "weka-sparse.arff", "features.npy")) {
            names.put(name, "");
        }
        for (String name : List.of("fortran.npy.gz", "images.npy", "stored.npz", "keras.npz", "csr.npz", "text.npz")) {
            names.put(name, "");
        }
        for (String name : List.of("gzip-earliest", "gzip-latest", "lzf-earliest", "fletcher32-earliest", "text")) {
            names.put(name + ".h5", "");
        }
        for (String name : List.of("compact", "groups", "links", "many", "images", "scipy")) {
            names.put(name.equals("scipy") ? "scipy.mat" : name + ".h5", "");
        }
        names.put("growing.h5", "X,y");
        List<Arguments> all = new ArrayList<>();
        for (Map.Entry<String, String> entry : names.entrySet()) {
            byte[] good = Files.readAllBytes(Path.of("src/test/resources/data", entry.getKey()));
            all.add(Arguments.of(entry.getKey(), good, entry.getValue()));
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}, seed 1")
    @MethodSource({"made", "foreign"})
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void eitherLoadsOrIsMalformed(String name, byte[] good, String variables, @TempDir Path directory)
            throws IOException {
        Random random = new Random(1);
        int faults = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Path file = TestFiles.write(directory, name, mutate(good, random));
            LoadRequest request = LoadRequest.of(file)
                    .withVariables(variables.isEmpty() ? List.of() : List.of(variables.split(",", -1)));
            faults += isMalformed(random.nextBoolean() ? request : request.withMissingAllowed(), file) ? 1 : 0;
        }
        assertTrue(faults > 0, "no mutation was noticed");
    }

    /** Members of an NPZ file that are damaged before their checksum is taken. */
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void damagedMembers(@TempDir Path directory) throws IOException {
        byte[] good = TestFiles.npy("'<f4'", "False", "(2, 3)", new byte[24]);
        Random random = new Random(2);
        for (int i = 0; i < MUTATIONS; i++) {
            Path file = TestFiles.write(directory, "a.npz", TestFiles.zip("X.npy", mutate(good, random)));
            isMalformed(LoadRequest.of(file), file);
        }
    }

    private static boolean isMalformed(LoadRequest request, Path file) {
        try {
            Dataset data = Datasets.load(request);
            assertTrue(data.rows() > 0);
            assertEquals(64, data.fingerprint().length());
            ColumnStatistics.of(data.features());
            return false;
        } catch (MalformedDataException e) {
            String message = String.valueOf(e.getMessage());
            assertTrue(message.startsWith(file + ":"), message);
            assertEquals(1, message.lines().count(), message);
            return true;
        }
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        switch (random.nextInt(7)) {
            case 0 -> {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            case 2 -> {
                for (int i = 0; i < 8; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            case 3 -> { // a piece twice
                int from = random.nextInt(bytes.length);
                int to = Math.min(bytes.length, from + 1 + random.nextInt(40));
                return TestFiles.join(
                        Arrays.copyOf(bytes, to),
                        Arrays.copyOfRange(bytes, from, to),
                        Arrays.copyOfRange(bytes, to, bytes.length));
            }
            case 4 -> { // a piece of it elsewhere
                int length = 1 + random.nextInt(Math.min(16, bytes.length));
                int from = random.nextInt(bytes.length - length + 1);
                System.arraycopy(good, from, bytes, random.nextInt(bytes.length - length + 1), length);
            }
            case 5 -> { // a number of a text becomes about as great as an int can be
                String text = new String(bytes, StandardCharsets.ISO_8859_1);
                Matcher number = NUMBER.matcher(text);
                if (number.find(random.nextInt(bytes.length))) {
                    long great = (1L << 31) - random.nextInt(60);
                    String changed = text.substring(0, number.start()) + great + text.substring(number.end());
                    return changed.getBytes(StandardCharsets.ISO_8859_1);
                }
            }
            default -> {
                // Extreme 32-bit and 64-bit words are what lying headers are made of.
                int at = random.nextInt(bytes.length);
                byte fill = (byte) (random.nextBoolean() ? 0xff : 0x7f);
                Arrays.fill(bytes, at, Math.min(bytes.length, at + (random.nextBoolean() ? 4 : 8)), fill);
            }
        }
        return bytes;
    }
}
