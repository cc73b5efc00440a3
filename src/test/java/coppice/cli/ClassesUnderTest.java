package coppice.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** The program of the classes under test, for scripts. */
final class ClassesUnderTest {
    private ClassesUnderTest() {}

    /** Writes a script that runs it; returns {@code file}. */
    static Path program(Path file) throws IOException {
        Files.writeString(
                file,
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
                        + Objects.requireNonNull(System.getProperty("java.class.path"))
                        + "' coppice.cli.Main \"$@\"\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
