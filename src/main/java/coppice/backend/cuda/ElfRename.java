package coppice.backend.cuda;

import coppice.MalformedDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;

/**
 * Makes a shared library ask for another version of a library that it needs.
 *
 * <p>A name of a needed library is an entry of the string table. Libraries that version their symbols by their own
 * name, as NVIDIA's do, are named a second time, by the same entry or another, as the version that the symbols must
 * have; there the name's hash stands beside it. Old and new name have one length, so nothing moves.
 */
final class ElfRename {
    private static final int VERSION_NEED_BYTES = 16;

    private ElfRename() {}

    /**
     * Changes {@code content}.
     *
     * @param path for messages
     * @param from name of the needed library, which is also the name of its symbols' version
     * @param to the new name
     * @return whether the library needs {@code from}
     * @throws MalformedDataException if this is no shared library
     */
    static boolean rename(Path path, byte[] content, String from, String to) {
        if (from.length() != to.length()) {
            throw new IllegalArgumentException("'" + from + "' and '" + to + "' differ in length");
        }
        ElfFile elf = new ElfFile(path, ByteBuffer.wrap(content));
        // Found before anything is changed: needed name and version may be one entry.
        long[] hashes = versionHashes(elf, from);
        long[] names = names(elf, from);
        if (names.length == 0) {
            return false;
        }
        byte[] name = to.getBytes(StandardCharsets.ISO_8859_1);
        for (long offset : names) {
            System.arraycopy(name, 0, content, (int) offset, name.length);
        }
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        for (long entry : hashes) {
            long index = elf.u32(entry + 8);
            System.arraycopy(name, 0, content, (int) elf.stringOffset(index), name.length);
            bytes.putInt((int) entry, hash(to));
        }
        return true;
    }

    /** File offsets of the name among the needed libraries and among those whose symbols have versions. */
    private static long[] names(ElfFile elf, String name) {
        LongStream.Builder offsets = LongStream.builder();
        for (long index : elf.neededNames()) {
            if (elf.string(index).equals(name)) {
                offsets.add(elf.stringOffset(index));
            }
        }
        forEachLibrary(elf, library -> {
            if (elf.string(elf.u32(library + 4)).equals(name)) {
                offsets.add(elf.stringOffset(elf.u32(library + 4)));
            }
        });
        return offsets.build().distinct().toArray();
    }

    /** File offsets of the entries for the version of that name. */
    private static long[] versionHashes(ElfFile elf, String name) {
        LongStream.Builder offsets = LongStream.builder();
        forEachLibrary(elf, library -> {
            if (!elf.string(elf.u32(library + 4)).equals(name)) {
                return;
            }
            long entry = library + elf.u32(library + 8);
            for (int left = elf.u16(library + 2); left > 0; left--) {
                if (elf.string(elf.u32(entry + 8)).equals(name)) {
                    offsets.add(entry);
                }
                entry += step(elf, entry, elf.u32(entry + 12), left > 1);
            }
        });
        return offsets.build().toArray();
    }

    private static void forEachLibrary(ElfFile elf, LongConsumer action) {
        long library = elf.versions();
        for (long left = elf.versionCount(); left > 0; left--) {
            action.accept(library);
            library += step(elf, library, elf.u32(library + 12), left > 1);
        }
    }

    /** The way to the next entry of a list, which must lead on. */
    private static long step(ElfFile elf, long entry, long next, boolean more) {
        if (more && next < VERSION_NEED_BYTES) {
            throw elf.malformed(entry, "a list of versions that ends too early");
        }
        return next;
    }

    /** The hash of a name as the ELF specification defines it. */
    static int hash(String name) {
        int hash = 0;
        for (byte letter : name.getBytes(StandardCharsets.ISO_8859_1)) {
            hash = (hash << 4) + Byte.toUnsignedInt(letter);
            int high = hash & 0xf0000000;
            hash ^= high >>> 24;
            hash &= ~high;
        }
        return hash;
    }
}
