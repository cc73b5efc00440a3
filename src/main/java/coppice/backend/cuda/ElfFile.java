package coppice.backend.cuda;

import coppice.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The dynamic section of a shared library: a 64-bit little-endian ELF file.
 *
 * <p>Names as in the ELF specification. Every read is checked, so that a damaged file is one clear message.
 */
final class ElfFile {
    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int MAGIC = 0x464c457f;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final long DT_NULL = 0;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;
    private static final long DT_STRSZ = 10;
    private static final long DT_VERNEED = 0x6ffffffeL;
    private static final long DT_VERNEEDNUM = 0x6fffffffL;

    private final Path path;
    private final ByteBuffer bytes;
    private final List<Segment> segments = new ArrayList<>();
    /** Positions in the string table of the names of the libraries needed. */
    private final List<Long> needed = new ArrayList<>();

    private long strings;
    private long stringBytes;
    private long versions;
    private long versionCount;

    /** Part of the file that is mapped into memory. */
    private record Segment(long offset, long address, long size) {}

    /**
     * Reads the dynamic section.
     *
     * @param path for messages
     * @throws MalformedDataException if this is no such file
     */
    ElfFile(Path path, ByteBuffer content) {
        this.path = path;
        bytes = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.limit() < 4 || bytes.getInt(0) != MAGIC) {
            throw MalformedDataException.inFile(path, "not an ELF file");
        }
        if (bytes.limit() < HEADER_BYTES) {
            throw malformed(bytes.limit(), "the file ends within the ELF header");
        }
        if (bytes.get(4) != 2 || bytes.get(5) != 1) {
            throw MalformedDataException.inFile(path, "not a 64-bit little-endian ELF file");
        }
        readProgramHeaders();
    }

    /** Reads a file's dynamic section without reading the file, which may be of hundreds of megabytes. */
    static ElfFile read(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path)) {
            if (channel.size() > Integer.MAX_VALUE) {
                throw MalformedDataException.inFile(path, "a library of more than 2 GiB");
            }
            return new ElfFile(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
    }

    /** Names of the libraries that this one needs. */
    List<String> needed() {
        return needed.stream().map(this::string).toList();
    }

    /** Positions in the string table of the names of the libraries that this one needs. */
    List<Long> neededNames() {
        return needed;
    }

    /** File offset of the table of the versions needed of other libraries' symbols; 0 if there is none. */
    long versions() {
        return versions;
    }

    long versionCount() {
        return versionCount;
    }

    /** File offset of an entry of the string table. */
    long stringOffset(long index) {
        if (index < 0 || index >= stringBytes) {
            throw malformed(strings, "no entry " + index + " in the string table");
        }
        return strings + index;
    }

    /** An entry of the string table. */
    String string(long index) {
        long start = stringOffset(index);
        long end = start;
        while (end < strings + stringBytes && u8(end) != 0) {
            end++;
        }
        if (end == strings + stringBytes) {
            throw malformed(start, "a name without an end");
        }
        byte[] name = new byte[(int) (end - start)];
        bytes.get((int) start, name);
        return new String(name, StandardCharsets.ISO_8859_1);
    }

    int u16(long offset) {
        return Short.toUnsignedInt(bytes.getShort(require(offset, 2)));
    }

    long u32(long offset) {
        return Integer.toUnsignedLong(bytes.getInt(require(offset, 4)));
    }

    MalformedDataException malformed(long offset, String reason) {
        return MalformedDataException.atOffset(path, offset, reason);
    }

    private void readProgramHeaders() {
        long table = i64(32);
        int entryBytes = u16(54);
        int count = u16(56);
        if (count > 0 && entryBytes < PROGRAM_HEADER_BYTES) {
            throw malformed(54, "program headers of " + entryBytes + " bytes");
        }
        long dynamic = -1;
        long dynamicBytes = 0;
        for (int i = 0; i < count; i++) {
            long header = table + (long) i * entryBytes;
            long type = u32(header);
            if (type == PT_LOAD) {
                segments.add(new Segment(i64(header + 8), i64(header + 16), i64(header + 32)));
            } else if (type == PT_DYNAMIC) {
                dynamic = i64(header + 8);
                dynamicBytes = i64(header + 32);
            }
        }
        if (dynamic == -1) {
            throw MalformedDataException.inFile(path, "not a shared library: no dynamic section");
        }
        readDynamicSection(dynamic, dynamicBytes);
    }

    private void readDynamicSection(long offset, long size) {
        require(offset, size);
        for (long entry = offset; entry + 16 <= offset + size; entry += 16) {
            long tag = i64(entry);
            long value = i64(entry + 8);
            if (tag == DT_NULL) {
                break;
            } else if (tag == DT_NEEDED) {
                needed.add(value);
            } else if (tag == DT_STRTAB) {
                strings = offsetOf(value);
            } else if (tag == DT_STRSZ) {
                stringBytes = value;
            } else if (tag == DT_VERNEED) {
                versions = offsetOf(value);
            } else if (tag == DT_VERNEEDNUM) {
                versionCount = value;
            }
        }
        require(strings, stringBytes);
    }

    /** Where in the file lies what is mapped to an address. */
    private long offsetOf(long address) {
        for (Segment segment : segments) {
            long within = address - segment.address;
            if (within >= 0 && within < segment.size) {
                long offset = segment.offset + within;
                require(offset, 1);
                return offset;
            }
        }
        throw MalformedDataException.inFile(path, "no segment holds address 0x" + Long.toHexString(address));
    }

    private int u8(long offset) {
        return Byte.toUnsignedInt(bytes.get(require(offset, 1)));
    }

    private long i64(long offset) {
        return bytes.getLong(require(offset, 8));
    }

    /** An offset as an index, if so many bytes are there. */
    private int require(long offset, long count) {
        if (offset < 0 || count < 0 || offset > bytes.limit() || count > bytes.limit() - offset) {
            throw malformed(offset, count + " bytes are wanted of a file of " + bytes.limit());
        }
        return (int) offset;
    }
}
