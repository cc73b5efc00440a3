package coppice.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueTest {
    @Test
    void everyEntryIsComplete() {
        List<CatalogueEntry> entries = Catalogue.standard().entries();
        assertEquals(
                List.of(
                        "digits",
                        "mnist",
                        "fashion-mnist",
                        "cifar10",
                        "dna",
                        "mushrooms",
                        "nips",
                        "coil20",
                        "caltech101-silhouettes"),
                entries.stream().map(CatalogueEntry::name).toList());
        for (CatalogueEntry entry : entries) {
            ImageShape image = entry.image();
            assertTrue(image == null || image.features() == entry.features(), entry.name());
            assertFalse(entry.licence().isBlank() || entry.citation().isBlank(), entry.name());
            assertTrue(entry.embedded() || !entry.origins().isEmpty(), entry.name());
            for (CatalogueEntry.Item item : entry.files()) {
                assertTrue(item.sha256().matches("[0-9a-f]{64}"), item.name());
                assertTrue(List.of("train", "validation", "test").contains(item.part()), item.name());
            }
        }
    }

    @Test
    void loadsTheEmbeddedDigitsWithoutAFile(@TempDir Path directory) throws IOException {
        Catalogue catalogue = Catalogue.standard();
        assertFalse(catalogue.fetch("digits", directory, FetchListener.SILENT));
        assertEquals(1797, catalogue.load("digits", directory).train().rows());
    }

    @Test
    void loadsUnlabelledPartsOfTheirOwn(@TempDir Path directory) throws IOException {
        Catalogue catalogue = Catalogue.of(new CatalogueEntry(
                "bits",
                "Bits",
                2,
                1,
                3,
                0,
                null,
                "none",
                "none",
                List.of(
                        new CatalogueEntry.Item("b.train.data", 12, "", "train"),
                        new CatalogueEntry.Item("b.valid.data", 6, "", "validation"),
                        new CatalogueEntry.Item("b.test.data", 6, "", "test")),
                List.of(),
                null));
        Path own = Files.createDirectories(directory.resolve("bits"));
        Files.writeString(own.resolve("b.train.data"), "0,1,1\n1,0,0\n");
        Files.writeString(own.resolve("b.valid.data"), "0,1,0\n");
        Files.writeString(own.resolve("b.test.data"), "1,1,1\n");
        Datasets.Parts parts = catalogue.load("bits", directory);
        assertFalse(parts.train().hasLabels());
        assertEquals(3, parts.train().featureCount());
        assertEquals(1, Objects.requireNonNull(parts.validation()).rows());
        assertEquals(1, Objects.requireNonNull(parts.test()).rows());
    }

    @Test
    void saysHowToGetWhatIsNotThere(@TempDir Path directory) {
        MalformedDataException fault = assertThrows(
                MalformedDataException.class, () -> Catalogue.standard().locate("mnist", directory));
        assertTrue(
                String.valueOf(fault.getMessage())
                        .endsWith("data set 'mnist' is not in " + directory + ": run 'coppice data fetch mnist'"),
                fault.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Catalogue.standard().locate("imagenet", directory));
    }

    @Test
    void takesMembersOutOfATarArchive(@TempDir Path directory) throws IOException {
        byte[] tar = TestFiles.join(member("./x/a", "first"), member("x/b", "second"), new byte[1024]);
        List<CatalogueEntry.Item> wanted = List.of(new CatalogueEntry.Item("b", 6, "", "train"));
        TarArchive.extract(new ByteArrayInputStream(tar), "x/{file}", wanted, directory);
        assertEquals("second", Files.readString(directory.resolve("b")));
        for (byte[] bad : List.of(Arrays.copyOf(tar, 1540), member("x/a", "only"), new byte[0], new byte[600])) {
            assertThrows(
                    IOException.class,
                    () -> TarArchive.extract(new ByteArrayInputStream(bad), "x/{file}", wanted, directory));
        }
    }

    private static byte[] member(String path, String content) {
        byte[] header = new byte[512];
        byte[] name = path.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, header, 0, name.length);
        byte[] size = String.format("%011o", content.length()).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(size, 0, header, 124, size.length);
        return TestFiles.join(header, Arrays.copyOf(TestFiles.text(content), 512));
    }
}
