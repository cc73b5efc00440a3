package coppice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MutatedFilesTest {
    private static final int MUTATIONS = 600;

    static Stream<Arguments> files() throws IOException {
        byte[] csv = TestFiles.text("a,\"b\",class\n" + "1,2.5,cat\n-3e2,4,\"do\"\"g\"\n".repeat(4));
        byte[] libsvm = TestFiles.text("+1 1:0.5 3:2 7:1e3\n-1 \n-1 2:1 # c\n".repeat(4));
        byte[] cifar = TestFiles.join(TestFiles.cifarRecord(3), TestFiles.cifarRecord(9));
        byte[] sparse =
                TestFiles.join(TestFiles.head(TestFiles.mat(TestFiles.smallMat()), 128), MatReaderTest.sparseX());
        return Stream.of(
                Arguments.of("a.idx", TestFiles.idxImages()),
                Arguments.of("a.idx.gz", TestFiles.gzip(TestFiles.idxImages())),
                Arguments.of("floats", TestFiles.idx(13, new int[] {2, 2}, TestFiles.bigEndianFloats(1, 2, 3, 4))),
                Arguments.of("a.csv", csv),
                Arguments.of("a.csv.gz", TestFiles.gzip(csv)),
                Arguments.of("text", csv),
                Arguments.of("a.libsvm", libsvm),
                Arguments.of("a.bin", cifar),
                Arguments.of("plain.mat", TestFiles.mat(TestFiles.smallMat(), false)),
                Arguments.of("packed.mat", TestFiles.mat(TestFiles.smallMat(), true)),
                Arguments.of("sparse.mat", sparse));
    }

    @ParameterizedTest(name = "{0}, seed 1")
    @MethodSource("files")
    void eitherLoadsOrIsMalformed(String name, byte[] good, @TempDir Path directory) throws IOException {
        Random random = new Random(1);
        int faults = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            Path file = TestFiles.write(directory, name, mutate(good, random));
            LoadRequest request = LoadRequest.of(file);
            if (name.startsWith("sparse")) {
                request = request.withVariables(List.of("X"));
            }
            try {
                Dataset data = Datasets.load(request);
                assertTrue(data.rows() > 0);
                assertEquals(64, data.fingerprint().length());
            } catch (MalformedDataException e) {
                String message = String.valueOf(e.getMessage());
                assertTrue(message.startsWith(file + ":"), message);
                assertEquals(1, message.lines().count(), message);
                faults++;
            }
        }
        assertTrue(faults > 0, "no mutation was noticed");
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] bytes = good.clone();
        switch (random.nextInt(4)) {
            case 0 -> {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            case 2 -> {
                for (int i = 0; i < 8; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            default -> {
                // Extreme 32-bit words are what lying headers are made of.
                int at = random.nextInt(bytes.length);
                byte fill = (byte) (random.nextBoolean() ? 0xff : 0x7f);
                Arrays.fill(bytes, at, Math.min(bytes.length, at + 4), fill);
            }
        }
        return bytes;
    }
}
