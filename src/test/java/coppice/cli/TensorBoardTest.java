package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import coppice.run.EventReader;
import coppice.run.Json;
import coppice.train.EpochMetrics;
import coppice.train.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files hold what metrics.jsonl holds. */
class TensorBoardTest {
    private static List<List<EventReader.Event>> files(Path run) throws IOException {
        List<List<EventReader.Event>> files = new ArrayList<>();
        try (Stream<Path> paths = Files.list(run.resolve("tensorboard"))) {
            for (Path path : paths.sorted().toList()) {
                files.add(EventReader.read(path));
            }
        }
        return files;
    }

    @Test
    void eachEpochIsAnEvent(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        Cli trained = Cli.train(run, "--tensorboard");
        assertEquals(ExitCode.DONE, trained.code(), trained.err());
        List<EventReader.Event> events = files(run).get(0);
        assertEquals(4, events.size());
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        for (int epoch = 1; epoch <= 2; epoch++) {
            Map<?, ?> metrics = Json.parse(lines.get(epoch - 1), Map.class);
            EventReader.Event event = events.get(epoch + 1);
            assertEquals(epoch, event.step());
            assertEquals(number(metrics, "train_loss"), scalar(event, "loss/train"), 1e-7);
            assertEquals(number(metrics, "test_accuracy"), scalar(event, "accuracy/test"), 1e-7);
            assertEquals(number(metrics, "connections"), scalar(event, "connections/all"), 0);
            assertEquals(
                    number((Map<?, ?>) Objects.requireNonNull(metrics.get("seconds")), "update"),
                    scalar(event, "seconds/update"),
                    1e-6);
            assertFalse(event.scalars().containsKey("loss/validation"));
        }
        Path plain = temp.resolve("plain");
        assertEquals(trained.sha256(), Cli.train(plain).sha256());
        assertFalse(Files.exists(plain.resolve("tensorboard")));
    }

    @Test
    void aResumedRunBeginsAnotherFile(@TempDir Path temp) throws IOException {
        Path run = temp.resolve("run");
        Cli.train(run, "--tensorboard", "--target-accuracy", "0.01"); // ends after an epoch
        assertEquals(1, files(run).size());
        Path again = temp.resolve("again");
        Cli.train(again, "--tensorboard", "--max-time", "0s");
        assertFalse(Files.exists(again.resolve("tensorboard")), "no epoch, no file");
        Cli.train(again, "--tensorboard", "--resume");
        List<List<EventReader.Event>> files = files(again);
        assertEquals(1, files.size());
        assertTrue(files.get(0).get(1).starts());
        assertEquals(1, files.get(0).get(1).step());
        Cli.train(again, "--tensorboard", "--resume");
        assertEquals(1, files(again).size(), "nothing was left to do");

        EpochMetrics next =
                Json.parse(Files.readAllLines(again.resolve("metrics.jsonl")).get(1), EpochMetrics.class);
        try (EventProgress resumed = new EventProgress(again.resolve("tensorboard"), Progress.NONE)) {
            resumed.epoch(next, 2);
        }
        assertEquals(2, files(again).size());
        assertTrue(files(again).get(1).get(1).starts());
        assertEquals(2, files(again).get(1).get(1).step(), "what the first file has from here on is forgotten");
    }

    private static double scalar(EventReader.Event event, String tag) {
        return Objects.requireNonNull(event.scalars().get(tag), tag);
    }

    private static double number(Map<?, ?> map, String key) {
        return ((Number) Objects.requireNonNull(map.get(key), key)).doubleValue();
    }
}
