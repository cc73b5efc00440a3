package coppice.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FetchTest {
    private static final byte[] IMAGES = TestFiles.idxImages();
    private static final byte[] LABELS = TestFiles.idxLabels(1, 2);

    /** Gives fixed bytes for each file. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Canned(String describe, byte[] images, byte[] labels) implements FetchSource {
        @Override
        public void fetch(List<CatalogueEntry.Item> files, Path directory, FetchListener listener) throws IOException {
            for (CatalogueEntry.Item file : files) {
                byte[] bytes = file.name().equals("images") ? images : labels;
                listener.progress(file.name(), bytes.length, file.bytes());
                Files.write(directory.resolve(file.name()), bytes);
            }
        }
    }

    /** Keeps what it hears. */
    private static final class Heard implements FetchListener {
        private final List<String> failures = new ArrayList<>();
        private long bytes;

        @Override
        public void progress(String what, long done, long total) {
            bytes += done;
        }

        @Override
        public void sourceFailed(String reason) {
            failures.add(reason);
        }
    }

    private static final FetchSource GOOD = new Canned("good", IMAGES, LABELS);

    private static CatalogueEntry entry() {
        return new CatalogueEntry(
                "tiny",
                "Two images",
                2,
                0,
                6,
                2,
                new ImageShape(1, 2, 3),
                "none",
                "none",
                List.of(item("images", IMAGES), item("labels", LABELS)),
                List.of(),
                null);
    }

    private static CatalogueEntry.Item item(String name, byte[] content) {
        MessageDigest digest = Sha256.digest();
        digest.update(content);
        return new CatalogueEntry.Item(name, content.length, Sha256.hex(digest), "train");
    }

    private static List<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void storesTheFilesOnce(@TempDir Path directory) throws IOException {
        Heard heard = new Heard();
        assertTrue(new Fetch(entry(), List.of(GOOD), heard).into(directory));
        assertEquals(IMAGES.length + LABELS.length, heard.bytes);
        assertFalse(new Fetch(entry(), List.of(), heard).into(directory));
        assertEquals(List.of("images", "labels"), namesIn(directory.resolve("tiny")));
        assertArrayEquals(IMAGES, Files.readAllBytes(directory.resolve("tiny/images")));
        assertEquals(
                2,
                Datasets.load(LoadRequest.of(
                                Catalogue.of(entry()).locate("tiny", directory).train()))
                        .rows());
    }

    @Test
    void unpacksGzip(@TempDir Path directory) throws IOException {
        FetchSource packed = new Canned("packed", TestFiles.gzip(IMAGES), TestFiles.gzip(LABELS));
        assertTrue(new Fetch(entry(), List.of(packed), FetchListener.SILENT).into(directory));
        assertArrayEquals(LABELS, Files.readAllBytes(directory.resolve("tiny/labels")));
    }

    @Test
    void packedFilesThatAreThereWillDo(@TempDir Path directory) throws IOException {
        Path target = Files.createDirectory(directory.resolve("tiny"));
        TestFiles.write(target, "images.gz", TestFiles.gzip(IMAGES));
        TestFiles.write(target, "labels", LABELS);
        assertFalse(new Fetch(entry(), List.of(), FetchListener.SILENT).into(directory));
    }

    @Test
    void aBadSourceLeavesNothingAndTheNextIsTried(@TempDir Path directory) throws IOException {
        byte[] wrong = IMAGES.clone();
        wrong[20]++;
        byte[] packed = TestFiles.gzip(LABELS);
        List<FetchSource> bad = List.of(
                new Canned("wrong", wrong, LABELS),
                new Canned("short", TestFiles.head(IMAGES, 9), LABELS),
                new Canned("long", TestFiles.join(IMAGES, IMAGES), LABELS),
                new Canned("cut", IMAGES, TestFiles.head(packed, packed.length - 4)),
                (NoFiles) () -> "none");
        Heard heard = new Heard();
        assertThrows(IOException.class, () -> new Fetch(entry(), bad, heard).into(directory));
        assertEquals(List.of(), namesIn(directory.resolve("tiny")));
        List<String> expected =
                List.of("SHA-256", "expected 28", "more than the expected 28", "truncated", "images is not");
        for (int i = 0; i < expected.size(); i++) {
            assertTrue(heard.failures.get(i).startsWith(bad.get(i).describe() + ": "), heard.failures.get(i));
            assertTrue(heard.failures.get(i).contains(expected.get(i)), heard.failures.get(i));
        }
        List<FetchSource> all = new ArrayList<>(bad);
        all.add(GOOD);
        assertTrue(new Fetch(entry(), all, heard).into(directory));
        assertEquals(List.of("images", "labels"), namesIn(directory.resolve("tiny")));
    }

    /** Gives nothing. */
    private interface NoFiles extends FetchSource {
        @Override
        default void fetch(List<CatalogueEntry.Item> files, Path directory, FetchListener listener) {}
    }

    @Test
    void damagedFilesAreReplaced(@TempDir Path directory) throws IOException {
        Path target = Files.createDirectory(directory.resolve("tiny"));
        TestFiles.write(target, "images", TestFiles.head(IMAGES, 5));
        TestFiles.write(target, "labels", LABELS);
        assertTrue(new Fetch(entry(), List.of(GOOD), FetchListener.SILENT).into(directory));
        assertArrayEquals(IMAGES, Files.readAllBytes(target.resolve("images")));
    }

    @Test
    void fetchesAtOnceDoNotDisturbEachOther(@TempDir Path directory) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Boolean>> fetches = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                fetches.add(() -> new Fetch(entry(), List.of(GOOD), FetchListener.SILENT).into(directory));
            }
            for (Future<Boolean> fetch : pool.invokeAll(fetches)) {
                fetch.get();
            }
        } finally {
            pool.shutdown();
        }
        assertEquals(List.of("images", "labels"), namesIn(directory.resolve("tiny")));
        assertArrayEquals(IMAGES, Files.readAllBytes(directory.resolve("tiny/images")));
    }
}
