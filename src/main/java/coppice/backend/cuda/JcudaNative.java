package coppice.backend.cuda;

import coppice.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import jcuda.LibUtils;

/**
 * One of the native libraries that JCuda brings in its jars.
 *
 * <p>JCuda unpacks into {@code java.io.tmpdir} under a fixed name, and loads whatever lies there under that name
 * already: anybody's file, on a machine with several users. So the library is written to a private folder, which the
 * property names only while JCuda's class initializes. Nothing of it remains: the system keeps a loaded file until the
 * process ends, even when it is deleted.
 *
 * @param library the name within the file's name, as {@code JCudaDriver}
 * @param className the class that loads it
 * @param needs the file name of NVIDIA's library that it asks for
 */
record JcudaNative(String library, String className, String needs) {
    private static final String TEMPORARY = "java.io.tmpdir";
    private static final String NO_EXEC = "failed to map segment";

    /**
     * Loads the library and its class, made to ask for {@code soname}.
     *
     * <p>The library first: a class whose initialization failed once can never be used again in this JVM, while a
     * library that failed to load can be tried again.
     *
     * @throws CudaUnavailableException if that cannot be; the message says why
     */
    void load(String soname) {
        String file = System.mapLibraryName(library + "-" + jcuda.JCudaVersion.get() + "-linux-x86_64");
        List<String> faults = new ArrayList<>();
        for (Path parent : parents()) {
            try {
                Path folder = createFolder(parent);
                Path copy = folder.resolve(file);
                try {
                    Files.write(copy, content(file, soname));
                    initialize(folder, copy);
                    return;
                } finally {
                    Files.deleteIfExists(copy);
                    Files.deleteIfExists(folder);
                }
            } catch (FileSystemException e) {
                faults.add("cannot write there: " + parent);
            } catch (IOException e) {
                throw new CudaUnavailableException("cannot read " + file + ": " + e.getMessage());
            } catch (UnsatisfiedLinkError e) {
                if (!mayNotExecute(e, file)) {
                    throw new CudaUnavailableException(firstLine(e));
                }
                faults.add("programs may not run from there (noexec): " + parent);
            }
        }
        StringJoiner line = new StringJoiner("; ");
        faults.forEach(line::add);
        throw new CudaUnavailableException("there is no folder for JCuda's libraries; " + line
                + "; set COPPICE_JAVA_OPTS=-Djava.io.tmpdir=FOLDER to one that programs may run from");
    }

    /** First line of what the loader said. */
    static String firstLine(Throwable e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return message.lines().findFirst().orElse(e.toString());
    }

    private void initialize(Path folder, Path copy) {
        String temporary = System.getProperty(TEMPORARY, "/tmp");
        System.setProperty(TEMPORARY, folder.toString());
        try {
            System.load(copy.toString());
            Class.forName(className);
        } catch (ClassNotFoundException | ExceptionInInitializerError | NoClassDefFoundError e) {
            throw new CudaUnavailableException("JCuda's class " + className + " cannot be used: " + firstLine(e));
        } finally {
            System.setProperty(TEMPORARY, temporary);
        }
    }

    private byte[] content(String file, String soname) throws IOException {
        try (InputStream stream = LibUtils.class.getResourceAsStream("/lib/" + file)) {
            if (stream == null) {
                throw new CudaUnavailableException(
                        "JCuda's " + file + " is not on the class path: lib beside coppice.jar is incomplete");
            }
            byte[] content = stream.readAllBytes();
            if (!soname.equals(needs) && !ElfRename.rename(Path.of(file), content, needs, soname)) {
                throw MalformedDataException.inFile(Path.of(file), "does not need " + needs);
            }
            return content;
        }
    }

    /** Folders to unpack in: that for temporary files, and the user's cache where programs may not run from that. */
    private static List<Path> parents() {
        List<Path> parents = new ArrayList<>();
        parents.add(Path.of(System.getProperty(TEMPORARY, "/tmp")));
        String cache = System.getenv("XDG_CACHE_HOME");
        parents.add(
                cache == null || cache.isEmpty()
                        ? Path.of(System.getProperty("user.home", "/"), ".cache")
                        : Path.of(cache));
        return parents;
    }

    private static Path createFolder(Path parent) throws IOException {
        Files.createDirectories(parent);
        return Files.createTempDirectory(
                        parent,
                        "coppice-",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                .toRealPath();
    }

    private static boolean mayNotExecute(UnsatisfiedLinkError e, String file) {
        return firstLine(e).contains(file + ": " + NO_EXEC);
    }
}
