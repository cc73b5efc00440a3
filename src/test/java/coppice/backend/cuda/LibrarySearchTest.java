package coppice.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "folders are separated otherwise")
class LibrarySearchTest {
    @TempDir
    Path root = Path.of("");

    private final Properties properties = new Properties();

    private Path folder(String name) throws IOException {
        return Files.createDirectories(root.resolve(name));
    }

    /** An environment whose python3 can be called. */
    private Path python(String name) throws IOException {
        Path bin = folder(name + "/bin");
        Files.createFile(
                bin.resolve("python3"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        return bin;
    }

    private LibrarySearch search(Map<String, String> environment) {
        return new LibrarySearch(environment, properties, root);
    }

    @Test
    void namedBeforeVariablesBeforeToolkitsBeforeTheDistributionBeforePython() throws IOException {
        List<Path> order = List.of(
                folder("first"),
                folder("second/lib64"),
                folder("home/lib64"),
                folder("path/lib64"),
                folder("loader"),
                folder("usr/local/cuda-13.0/lib64"),
                folder("usr/local/cuda-12.10/lib64"),
                folder("usr/local/cuda-12.9/lib64"),
                folder("usr/lib/x86_64-linux-gnu"),
                folder("usr/lib64"),
                folder("usr/lib/wsl/lib"),
                folder("run/opengl-driver/lib"),
                folder("venv/lib/python3.12/site-packages/nvidia/cublas/lib"),
                folder("venv/lib/python3.12/site-packages/nvidia/cusparse/lib"),
                folder("conda/lib/python3.11/site-packages/nvidia/cu13/lib"),
                folder("conda/lib"),
                folder("tools/lib/python3.13/site-packages/nvidia/cu13/lib"),
                folder("user/.local/lib/python3.9/site-packages/nvidia/cublas/lib"),
                folder("usr/lib/python3/dist-packages/nvidia/cublas/lib"),
                folder("usr/local/lib/python3.11/dist-packages/nvidia/nvjitlink/lib"));
        Files.createSymbolicLink(root.resolve("usr/local/cuda"), root.resolve("usr/local/cuda-12.9"));
        String path = root.resolve("conda") + ":" + python("tools") + ":" + python("later");
        folder("later/lib/python3.14/site-packages/nvidia/cu13/lib");
        properties.setProperty(LibrarySearch.PROPERTY, order.get(0) + ":" + root.resolve("second") + ":/nowhere");
        properties.setProperty("user.home", root.resolve("user").toString());
        List<Path> found = search(Map.of(
                        "CUDA_HOME", root.resolve("home").toString(),
                        "CUDA_PATH", root.resolve("path").toString(),
                        "LD_LIBRARY_PATH", ":" + order.get(4) + "::/nowhere",
                        "PATH", path,
                        "VIRTUAL_ENV", root.resolve("venv").toString(),
                        "CONDA_PREFIX", root.resolve("conda").toString()))
                .folders()
                .stream()
                // A folder named to be searched is searched before what lies in it.
                .filter(folder -> !folder.equals(root.resolve("second")))
                .toList();
        assertEquals(names(order), names(found));
    }

    /** Folders as they really are, below the root. */
    private List<String> names(List<Path> folders) throws IOException {
        Path real = root.toRealPath();
        List<String> names = new ArrayList<>();
        for (Path folder : folders) {
            names.add(real.relativize(folder.toRealPath()).toString());
        }
        return names;
    }

    @Test
    void nothingIsFoundWhereNothingIs() {
        assertEquals(
                List.of(),
                search(Map.of("CUDA_HOME", "", "LD_LIBRARY_PATH", "")).folders());
    }

    @Test
    void findsFilesFolderByFolder() throws IOException {
        Path old = Files.createFile(folder("usr/local/cuda-12.6/lib64").resolve("libcublas.so.12"));
        Path current = Files.createFile(folder("usr/local/cuda-13.1/lib64").resolve("libcublas.so.13"));
        Files.createDirectories(folder("usr/lib64").resolve("libcublas.so.12"));
        assertEquals(
                List.of(current, old).stream().map(Path::getFileName).toList(),
                search(Map.of()).find(List.of("libcublas.so.12", "libcublas.so.13")).stream()
                        .map(Path::getFileName)
                        .toList());
        assertEquals(List.of(), search(Map.of()).findNamed(List.of("libcublas.so.12", "libcublas.so.13")));
    }

    @Test
    void aFolderCountsOnceWhateverItIsCalled() throws IOException {
        Path lib = folder("usr/lib64");
        Path link = Files.createSymbolicLink(root.resolve("link"), lib);
        assertEquals(
                List.of(link),
                search(Map.of("LD_LIBRARY_PATH", link + ":" + lib)).folders());
    }
}
