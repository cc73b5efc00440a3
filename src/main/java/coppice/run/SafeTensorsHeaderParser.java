package coppice.run;

import coppice.MalformedDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/**
 * Reads the JSON header of a safetensors file.
 *
 * <p>It streams, so that a damaged header of many megabytes is refused at its first fault instead of being built up
 * as a tree in memory first.
 */
final class SafeTensorsHeaderParser {
    /** More than any tensor needs; stops a header that is one endless list. */
    private static final int MAX_DIMENSIONS = 64;

    private final Path file;
    private final JsonParser parser;

    private SafeTensorsHeaderParser(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    static SafeTensorsHeader parse(Path file, byte[] json) {
        // The parser would also take UTF-16 and UTF-32, which the format does not: their second byte here is 0.
        if (json.length < 2 || json[0] != '{' || json[1] == 0) {
            throw MalformedDataException.atOffset(
                    file, SafeTensors.LENGTH_BYTES, "the header must be a JSON object in UTF-8 that starts with '{'");
        }
        try (JsonParser parser = Json.parser(json)) {
            return new SafeTensorsHeaderParser(file, parser).header();
        } catch (JacksonException e) {
            TokenStreamLocation location = e.getLocation();
            long offset = location == null ? 0 : Math.max(0, location.getByteOffset());
            throw MalformedDataException.atOffset(
                    file, SafeTensors.LENGTH_BYTES + offset, "the header is not JSON: " + Json.reason(e));
        }
    }

    private SafeTensorsHeader header() {
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, SafeTensorsHeader.Slot> slots = new LinkedHashMap<>();
        parser.nextToken(); // '{', seen already
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            if (name.equals(SafeTensors.METADATA_KEY)) {
                metadata = metadata();
            } else {
                slots.put(name, slot(name));
            }
        }
        if (parser.nextToken() != null) {
            throw here("the header must be one JSON object but more follows it");
        }
        return new SafeTensorsHeader(metadata, slots);
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        require(parser.nextToken(), JsonToken.START_OBJECT, "the metadata must be an object");
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            require(parser.nextToken(), JsonToken.VALUE_STRING, "each metadata value must be a string");
            metadata.put(key, parser.getString());
        }
        return metadata;
    }

    private SafeTensorsHeader.Slot slot(String name) {
        require(parser.nextToken(), JsonToken.START_OBJECT, "a tensor's entry must be an object");
        DataType type = null;
        List<Long> shape = null;
        List<Long> range = null;
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
            switch (key) {
                case "dtype" -> type = type(name);
                case "shape" -> shape = sizes("shape");
                case "data_offsets" -> range = sizes("data_offsets");
                default -> throw here("a tensor has dtype, shape and data_offsets, not " + Json.oneLine(key));
            }
        }
        if (type == null || shape == null || range == null) {
            throw SafeTensorsHeader.fault(file, name, "dtype, shape and data_offsets must all be given");
        }
        if (range.size() != 2 || range.get(0) > range.get(1)) {
            throw SafeTensorsHeader.fault(file, name, "data_offsets must be [begin, end] but are " + range);
        }
        requireLength(name, type, shape, range.get(1) - range.get(0));
        return new SafeTensorsHeader.Slot(type, List.copyOf(shape), range.get(0), range.get(1));
    }

    private DataType type(String name) {
        require(parser.nextToken(), JsonToken.VALUE_STRING, "dtype must be a string");
        String text = parser.getString();
        for (DataType type : DataType.values()) {
            if (type.name().equals(text)) {
                return type;
            }
        }
        throw SafeTensorsHeader.fault(
                file,
                name,
                "dtype must be one of " + Arrays.toString(DataType.values()) + " but is " + Json.oneLine(text));
    }

    private List<Long> sizes(String key) {
        List<Long> sizes = new ArrayList<>();
        require(parser.nextToken(), JsonToken.START_ARRAY, key + " must be an array");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            require(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, key + " must hold integers");
            long size = parser.getLongValue();
            if (size < 0 || sizes.size() == MAX_DIMENSIONS) {
                throw here(key + " must be at most " + MAX_DIMENSIONS + " integers of at least 0");
            }
            sizes.add(size);
        }
        return sizes;
    }

    private void requireLength(String name, DataType type, List<Long> shape, long length) {
        long bytes = type.itemBytes();
        try {
            for (long size : shape) {
                bytes = Math.multiplyExact(bytes, size);
            }
        } catch (ArithmeticException overflow) {
            throw SafeTensorsHeader.fault(file, name, "shape " + shape + " has more bytes than any file");
        }
        if (bytes != length) {
            throw SafeTensorsHeader.fault(
                    file,
                    name,
                    type + " of shape " + shape + " takes " + bytes + " bytes but data_offsets span " + length);
        }
    }

    private void require(@Nullable JsonToken actual, JsonToken expected, String reason) {
        if (actual != expected) {
            throw here(reason);
        }
    }

    private MalformedDataException here(String reason) {
        long offset = Math.max(0, parser.currentTokenLocation().getByteOffset());
        return MalformedDataException.atOffset(file, SafeTensors.LENGTH_BYTES + offset, reason);
    }
}
