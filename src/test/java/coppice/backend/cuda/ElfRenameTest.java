package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import jcuda.LibUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfRenameTest {
    private static final Path NAME = Path.of("libJCublas2.so");
    private static final String OLD = "libcublas.so.12";
    private static final String NEW = "libcublas.so.13";

    /** A library that needs cuBLAS, from JCuda's jar. */
    private static byte[] binding() throws IOException {
        try (InputStream stream =
                Objects.requireNonNull(LibUtils.class.getResourceAsStream("/lib/libJCublas2-12.6.0-linux-x86_64.so"))) {
            return stream.readAllBytes();
        }
    }

    @Test
    void jcudaAsksForTheOtherCublas() throws IOException {
        byte[] content = binding();
        byte[] before = content.clone();
        assertTrue(new ElfFile(NAME, ByteBuffer.wrap(content)).needed().contains(OLD));
        assertTrue(ElfRename.rename(NAME, content, OLD, NEW));
        List<String> needed = new ElfFile(NAME, ByteBuffer.wrap(content)).needed();
        assertTrue(needed.contains(NEW) && !needed.contains(OLD), needed.toString());
        long changed = 0;
        for (int i = 0; i < content.length; i++) {
            changed += content[i] == before[i] ? 0 : 1;
        }
        assertEquals(2, changed, "a letter of the name, and one byte of its hash");
        assertFalse(ElfRename.rename(NAME, content, OLD, NEW), "it is not needed any more");
        assertTrue(ElfRename.rename(NAME, content, NEW, OLD));
        assertArrayEquals(before, content);
    }

    @Test
    void aLibraryThatDoesNotNeedItStaysAsItIs() throws IOException {
        byte[] content = binding();
        byte[] before = content.clone();
        assertFalse(ElfRename.rename(NAME, content, "libcusparse.so.12", "libcusparse.so.13"));
        assertArrayEquals(before, content);
        assertThrows(IllegalArgumentException.class, () -> ElfRename.rename(NAME, content, OLD, "libcublas.so.130"));
    }

    @Test
    void hashesAreThoseOfTheElfSpecification() {
        assertEquals(0x09691a75, ElfRename.hash("GLIBC_2.2.5"));
        assertEquals(0, ElfRename.hash(""));
    }

    @Test
    void readsWhatACompilerWrote(@TempDir Path temp) throws IOException {
        StandInLibrary.requireCompiler();
        Path light = StandInLibrary.compile("empty.c", temp, "libcublasLt.so.12");
        Path library = StandInLibrary.compile("cublas.c", temp, "libcublas.so.12", light);
        assertTrue(ElfFile.read(library).needed().contains("libcublasLt.so.12"));
        byte[] content = Files.readAllBytes(library);
        assertTrue(ElfRename.rename(library, content, "libcublasLt.so.12", "libcublasLt.so.13"));
        Files.write(library, content);
        assertTrue(ElfFile.read(library).needed().contains("libcublasLt.so.13"));
    }

    @Test
    void whatIsNoSuchLibraryIsOneClearLine() throws IOException {
        assertMalformed(new byte[0], "not an ELF file");
        assertMalformed("#!/bin/sh\nexit 0\n".getBytes(StandardCharsets.US_ASCII), "not an ELF file");
        byte[] content = binding();
        assertMalformed(Arrays.copyOf(content, 20), "ends within the ELF header");
        assertMalformed(Arrays.copyOf(content, 100), "bytes are wanted of a file of 100");
        byte[] narrow = content.clone();
        narrow[4] = 1;
        assertMalformed(narrow, "not a 64-bit little-endian ELF file");
        byte[] bigEndian = content.clone();
        bigEndian[5] = 2;
        assertMalformed(bigEndian, "not a 64-bit little-endian ELF file");
        byte[] noHeaders = content.clone();
        noHeaders[56] = 0;
        noHeaders[57] = 0;
        assertMalformed(noHeaders, "no dynamic section");
    }

    @Test
    void damageIsNeverAnIndexOutOfBounds() throws IOException {
        byte[] content = binding();
        for (int length = 0; length < content.length; length += length < 4096 ? 7 : 40_009) {
            readDamaged(Arrays.copyOf(content, length));
        }
        SplittableRandom random = new SplittableRandom(1);
        ByteBuffer header = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int programHeaders = (int) header.getLong(32);
        int dynamic = -1;
        for (int i = 0; i < header.getShort(56); i++) {
            int at = programHeaders + i * header.getShort(54);
            dynamic = header.getInt(at) == 2 ? (int) header.getLong(at + 8) : dynamic;
        }
        for (int trial = 0; trial < 600; trial++) {
            byte[] damaged = content.clone();
            int from = trial % 2 == 0 ? 0 : dynamic;
            for (int i = 0; i <= trial % 5; i++) {
                damaged[from + random.nextInt(600)] = (byte) random.nextInt(256);
            }
            readDamaged(damaged);
        }
    }

    private static void readDamaged(byte[] content) {
        try {
            boolean renamed = ElfRename.rename(NAME, content, OLD, NEW);
            assertTrue(renamed || !renamed);
        } catch (MalformedDataException e) {
            assertEquals(1, String.valueOf(e.getMessage()).lines().count());
        }
    }

    private static void assertMalformed(byte[] content, String reason) {
        MalformedDataException e =
                assertThrows(MalformedDataException.class, () -> ElfRename.rename(NAME, content, OLD, NEW));
        assertTrue(String.valueOf(e.getMessage()).contains(reason), e.getMessage());
    }
}
