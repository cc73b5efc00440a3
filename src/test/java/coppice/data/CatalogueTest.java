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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueTest {
    @Test
    void everyEntryIsComplete() {
        List<CatalogueEntry> entries = Catalogue.standard().entries();
        assertEquals(
                List.of("digits", "mnist", "fashion-mnist", "cifar10"),
                entries.stream().map(CatalogueEntry::name).toList());
        for (CatalogueEntry entry : entries) {
            assertEquals(entry.features(), entry.image().features(), entry.name());
            assertFalse(entry.licence().isBlank() || entry.citation().isBlank(), entry.name());
            assertTrue(entry.embedded() || !entry.origins().isEmpty(), entry.name());
            for (CatalogueEntry.Item item : entry.files()) {
                assertTrue(item.sha256().matches("[0-9a-f]{64}"), item.name());
                assertTrue(item.part().equals("train") || item.part().equals("test"), item.name());
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
