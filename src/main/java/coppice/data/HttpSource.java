package coppice.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;

/** Gets files from a web address, one by one or out of a tar.gz archive. */
final class HttpSource implements FetchSource {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** A transfer that brings nothing for so long is given up. */
    private static final int STALL_SECONDS = 15;

    private final CatalogueEntry.Origin origin;

    HttpSource(CatalogueEntry.Origin origin) {
        this.origin = origin;
    }

    @Override
    public String describe() {
        return origin.url().replace("{file}", "*");
    }

    @Override
    public void fetch(List<CatalogueEntry.Item> files, Path directory, FetchListener listener)
            throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        String member = origin.member();
        if (member == null) {
            for (CatalogueEntry.Item file : files) {
                String url = origin.url().replace("{file}", file.name());
                download(client, url, directory.resolve(file.name()), file.name(), listener);
            }
            return;
        }
        Path archive = directory.resolve("archive");
        download(
                client,
                origin.url(),
                archive,
                Path.of(URI.create(origin.url()).getPath()).getFileName() + "",
                listener);
        verify(archive);
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), 1 << 16)) {
            TarArchive.extract(in, member, files, directory);
        }
    }

    private void verify(Path archive) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (InputStream in = Files.newInputStream(archive)) {
            byte[] block = new byte[1 << 16];
            for (int count = in.read(block); count >= 0; count = in.read(block)) {
                digest.update(block, 0, count);
            }
        }
        String found = Sha256.hex(digest);
        if (origin.sha256() != null && !found.equals(origin.sha256())) {
            throw new IOException("the archive has SHA-256 " + found + "; expected " + origin.sha256());
        }
    }

    private static void download(HttpClient client, String url, Path to, String what, FetchListener listener)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
        CountingBody body = new CountingBody(what, listener);
        CompletableFuture<HttpResponse<Path>> exchange = client.sendAsync(request, info -> {
            body.expect(info.headers().firstValueAsLong("content-length").orElse(-1));
            return body.over(HttpResponse.BodySubscribers.ofFile(
                    to, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING));
        });
        HttpResponse<Path> response = await(exchange, body);
        if (response.statusCode() != 200) {
            throw new IOException("answered with status " + response.statusCode());
        }
    }

    private static HttpResponse<Path> await(CompletableFuture<HttpResponse<Path>> exchange, CountingBody body)
            throws IOException, InterruptedException {
        long before = -1;
        while (true) {
            try {
                return exchange.get(STALL_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                if (body.done() == before || body.done() == 0) {
                    exchange.cancel(true);
                    throw new IOException("nothing arrived for " + STALL_SECONDS + " seconds", e);
                }
                before = body.done();
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                String detail = cause == null ? null : cause.getMessage();
                throw new IOException(detail == null ? "cannot be reached" : "cannot be reached: " + detail, e);
            }
        }
    }
}
