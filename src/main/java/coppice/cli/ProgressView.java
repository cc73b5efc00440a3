package coppice.cli;

import coppice.train.EpochMetrics;
import coppice.train.Progress;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows training: a bar of the epoch's steps on a terminal, and one line an epoch. */
final class ProgressView implements Progress, AutoCloseable {
    private static final int BAR_WIDTH = 80;

    private final Console console;
    private final RunLog log;
    private final boolean quiet;
    private final int epochs;
    private @Nullable ProgressBar bar;

    ProgressView(Console console, RunLog log, boolean quiet, int epochs) {
        this.console = console;
        this.log = log;
        this.quiet = quiet;
        this.epochs = epochs;
    }

    @Override
    public void step(int epoch, int step, int steps) {
        if (quiet || !console.terminal()) {
            return;
        }
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName("epoch " + epoch + "/" + epochs)
                    .setInitialMax(steps)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(console.err(), BAR_WIDTH))
                    .clearDisplayOnFinish()
                    .build();
        }
        bar.stepTo(step);
    }

    @Override
    public void epoch(EpochMetrics metrics, int allEpochs) {
        clear();
        String line = line(metrics, allEpochs);
        log.line(line);
        if (!quiet) {
            console.result(line);
        }
    }

    static String line(EpochMetrics metrics, int epochs) {
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "epoch %d/%d  loss %." + (metrics.trainAccuracy() == null ? 6 : 4) + "f",
                metrics.epoch(),
                epochs,
                metrics.trainLoss()));
        if (metrics.trainAccuracy() == null) { // a reconstruction error
            append(line, "  validation_loss %.6f", metrics.validationLoss());
            append(line, "  test_loss %.6f", metrics.testLoss());
        } else {
            append(line, "  train_acc %.4f", metrics.trainAccuracy());
            append(line, "  validation_acc %.4f", metrics.validationAccuracy());
            append(line, "  test_acc %.4f", metrics.testAccuracy());
        }
        return line.append(String.format(
                        Locale.ROOT,
                        "  connections %d  time %.2fs",
                        metrics.connections(),
                        metrics.seconds().train() + metrics.seconds().evolution()))
                .toString();
    }

    private static void append(StringBuilder line, String format, @Nullable Double value) {
        if (value != null) {
            line.append(String.format(Locale.ROOT, format, value));
        }
    }

    /** Takes the bar off the terminal. */
    void clear() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        clear();
    }
}
