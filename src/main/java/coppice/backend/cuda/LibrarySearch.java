package coppice.backend.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folders in which NVIDIA's libraries are sought, in order.
 *
 * <p>Named by the user; {@code CUDA_HOME}, {@code CUDA_PATH}; {@code LD_LIBRARY_PATH}; toolkits in {@code /usr/local},
 * newest first; the distribution's folders; Python environments, that of the {@code python3} on the {@code PATH} among
 * them, whose packages of NVIDIA's bring the libraries too.
 * Folders that do not exist are left out, and so is a folder met before under another name.
 */
public final class LibrarySearch {
    /** The system property with the user's folders, separated as in a class path. */
    public static final String PROPERTY = "coppice.cuda.lib";

    private static final List<String> DISTRIBUTION =
            List.of("usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib/wsl/lib", "run/opengl-driver/lib");
    private static final Pattern VERSION = Pattern.compile("(\\d+)(?:\\.(\\d+))?");

    private final Path root;
    private final Map<String, String> environment;
    private final Properties properties;
    /** Folders as they were named, by what they really are. */
    private final Map<Path, Path> folders = new LinkedHashMap<>();

    private final int named;

    /**
     * Searches.
     *
     * @param environment the variables
     * @param properties the system properties
     * @param root of the file system, where the fixed folders are sought
     */
    LibrarySearch(Map<String, String> environment, Properties properties, Path root) {
        this.environment = environment;
        this.properties = properties;
        this.root = root;
        addNamed();
        named = folders.size();
        addHomes();
        split(environment.getOrDefault("LD_LIBRARY_PATH", "")).forEach(this::add);
        addToolkits();
        DISTRIBUTION.forEach(folder -> add(root.resolve(folder)));
        addPython();
    }

    /** The folders of this machine as it is now. */
    public static LibrarySearch here() {
        return new LibrarySearch(System.getenv(), System.getProperties(), Path.of("/"));
    }

    /** All folders that exist, in order. */
    public List<Path> folders() {
        return List.copyOf(folders.values());
    }

    /** Files of one of the names in the folders that the user named, folder by folder. */
    List<Path> findNamed(List<String> names) {
        return find(folders().subList(0, named), names);
    }

    /** Files of one of the names, folder by folder. */
    List<Path> find(List<String> names) {
        return find(folders.values(), names);
    }

    private static List<Path> find(Collection<Path> folders, List<String> names) {
        return folders.stream()
                .flatMap(folder -> names.stream().map(folder::resolve))
                .filter(Files::isRegularFile)
                .toList();
    }

    private void addNamed() {
        for (Path folder : split(properties.getProperty(PROPERTY, ""))) {
            add(folder);
            // A toolkit's own folder is what people have at hand.
            add(folder.resolve("lib64"));
        }
    }

    private void addHomes() {
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            String home = environment.getOrDefault(variable, "");
            if (!home.isEmpty()) {
                add(Path.of(home, "lib64"));
            }
        }
    }

    private void addToolkits() {
        List<Path> toolkits = new ArrayList<>();
        for (Path toolkit : list(root.resolve("usr/local"), "cuda*")) {
            toolkits.add(real(toolkit));
        }
        toolkits.sort(Comparator.comparingInt(LibrarySearch::version).reversed());
        toolkits.forEach(toolkit -> add(toolkit.resolve("lib64")));
    }

    private void addPython() {
        for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
            String prefix = environment.getOrDefault(variable, "");
            if (!prefix.isEmpty()) {
                addPackages(Path.of(prefix, "lib"));
            }
        }
        String conda = environment.getOrDefault("CONDA_PREFIX", "");
        if (!conda.isEmpty()) {
            // Conda's own packages of CUDA put the libraries here.
            add(Path.of(conda, "lib"));
        }
        split(environment.getOrDefault("PATH", "")).stream()
                .filter(folder -> Files.isExecutable(folder.resolve("python3")))
                .findFirst()
                .ifPresent(folder -> addPackages(folder.resolveSibling("lib")));
        String home = properties.getProperty("user.home", "");
        if (!home.isEmpty()) {
            addPackages(Path.of(home, ".local", "lib"));
        }
        addPackages(root.resolve("usr/lib"));
        addPackages(root.resolve("usr/local/lib"));
    }

    /** NVIDIA's packages have {@code nvidia/cublas/lib} and the like, those of CUDA 13 all {@code nvidia/cu13/lib}. */
    private void addPackages(Path lib) {
        for (Path python : list(lib, "python3*")) {
            for (String packages : List.of("site-packages", "dist-packages")) {
                list(python.resolve(packages).resolve("nvidia"), "*").forEach(part -> add(part.resolve("lib")));
            }
        }
    }

    private void add(Path folder) {
        if (Files.isDirectory(folder)) {
            folders.putIfAbsent(real(folder), folder);
        }
    }

    private static List<Path> split(String path) {
        List<Path> folders = new ArrayList<>();
        for (String folder : path.split(Pattern.quote(File.pathSeparator), -1)) {
            if (!folder.isEmpty()) {
                folders.add(Path.of(folder));
            }
        }
        return folders;
    }

    /** Entries of a folder, newest version first; none if it cannot be read. */
    private static List<Path> list(Path folder, String glob) {
        List<Path> entries = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
                stream.forEach(entries::add);
            } catch (IOException unreadable) {
                return List.of();
            }
        }
        entries.sort(
                Comparator.comparingInt(LibrarySearch::version).reversed().thenComparing(Comparator.naturalOrder()));
        return entries;
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException unreadable) {
            return folder.toAbsolutePath();
        }
    }

    /** The version in a folder's name, as major * 1000 + minor; a name without one is the default installation. */
    private static int version(Path folder) {
        Path name = folder.getFileName();
        Matcher matcher = VERSION.matcher(name == null ? "" : name.toString());
        if (!matcher.find() || matcher.group(1).length() > 5) {
            return Integer.MAX_VALUE;
        }
        String minor = matcher.group(2);
        return Integer.parseInt(matcher.group(1)) * 1000
                + (minor == null || minor.length() > 3 ? 0 : Integer.parseInt(minor));
    }
}
