package coppice.cli;

import coppice.MalformedDataException;
import java.io.IOException;
import java.io.Reader;
import java.io.Serial;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Settings in Java properties form: {@code name = value} lines, names as the options without dashes. */
final class ConfigFile {
    private ConfigFile() {}

    static Map<String, String> read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new UsageException("config: " + file + " is a directory, expected a file");
        }
        Properties properties = new Once();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            throw new UsageException("config: there is no file " + file);
        } catch (UsageException e) {
            throw new UsageException("config: " + file + " " + e.getMessage());
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw MalformedDataException.inFile(file, "not a properties file in UTF-8: " + e.getMessage());
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String name : properties.stringPropertyNames()) {
            values.put(name, properties.getProperty(name).strip());
        }
        return values;
    }

    /** Properties that take no name twice: which value is meant would be a guess. */
    private static final class Once extends Properties {
        @Serial
        private static final long serialVersionUID = 1L;

        @Override
        public synchronized @Nullable Object put(Object name, Object value) {
            if (containsKey(name)) {
                throw new UsageException("sets " + name + " twice");
            }
            return super.put(name, value);
        }
    }
}
