package coppice.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/** Gets files out of a package through the package manager's own client, without installing anything. */
final class PackageClientSource implements FetchSource {
    private static final int TIMEOUT_MINUTES = 10;

    private final CatalogueEntry.PackageSource source;

    PackageClientSource(CatalogueEntry.PackageSource source) {
        this.source = source;
    }

    @Override
    public String describe() {
        return source.client() + " package " + source.name();
    }

    @Override
    public void fetch(List<CatalogueEntry.Item> files, Path directory, FetchListener listener)
            throws IOException, InterruptedException {
        Path downloads = Files.createDirectory(directory.resolve("package"));
        switch (source.client()) {
            case "npm" -> fetchFromNpm(files, directory, downloads, listener);
            case "debian" -> fetchFromDebian(files, directory, downloads, listener);
            default -> throw new IOException("no client is known for packages of " + source.client());
        }
    }

    private void fetchFromNpm(List<CatalogueEntry.Item> files, Path directory, Path downloads, FetchListener listener)
            throws IOException, InterruptedException {
        run(downloads, "npm", "pack", "--silent", versioned('@'));
        Path archive = only(downloads, "*.tgz");
        report(archive, listener);
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), 1 << 16)) {
            TarArchive.extract(in, source.path(), files, directory);
        }
    }

    private void fetchFromDebian(
            List<CatalogueEntry.Item> files, Path directory, Path downloads, FetchListener listener)
            throws IOException, InterruptedException {
        run(downloads, "apt-get", "download", versioned('='));
        Path archive = only(downloads, "*.deb");
        report(archive, listener);
        Path unpacked = downloads.resolve("unpacked");
        run(downloads, "dpkg-deb", "--extract", archive.getFileName().toString(), "unpacked");
        for (CatalogueEntry.Item file : files) {
            Files.move(unpacked.resolve(source.path().replace("{file}", file.name())), directory.resolve(file.name()));
        }
    }

    private String versioned(char separator) {
        return source.version() == null ? source.name() : source.name() + separator + source.version();
    }

    private void report(Path archive, FetchListener listener) throws IOException {
        long bytes = Files.size(archive);
        listener.progress(source.name(), bytes, bytes);
    }

    private static Path only(Path directory, String pattern) throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, pattern)) {
            for (Path path : found) {
                return path;
            }
        }
        throw new IOException("the client left no " + pattern);
    }

    /** Runs a client to its end; what it says goes to a file, of which the last line explains a failure. */
    private static void run(Path directory, String... command) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(command[0] + " did not end within " + TIMEOUT_MINUTES + " minutes");
            }
        } finally {
            process.destroy();
        }
        if (process.exitValue() != 0) {
            List<String> lines = Files.readString(output, Charset.defaultCharset())
                    .lines()
                    .filter(line -> !line.isBlank())
                    .toList();
            String last = lines.isEmpty() ? "said nothing" : lines.get(lines.size() - 1);
            throw new IOException(command[0] + " ended with exit code " + process.exitValue() + ": " + last);
        }
    }
}
