package coppice.cli;

import coppice.data.FetchListener;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows a fetch: a bar on a terminal, otherwise one line for each file. */
final class FetchView implements FetchListener, AutoCloseable {
    private static final int BAR_WIDTH = 80;

    private final Console console;
    private @Nullable String current;
    private @Nullable ProgressBar bar;

    FetchView(Console console) {
        this.console = console;
    }

    @Override
    public synchronized void progress(String what, long done, long total) {
        if (!what.equals(current)) {
            clear();
            current = what;
            if (console.terminal()) {
                bar = new ProgressBarBuilder()
                        .setTaskName(what)
                        .setInitialMax(total)
                        .setUnit(" MiB", 1 << 20)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setConsumer(new ConsoleProgressBarConsumer(console.err(), BAR_WIDTH))
                        .clearDisplayOnFinish()
                        .build();
            } else {
                console.message("fetching " + what + (total < 0 ? "" : " (" + total + " bytes)"));
            }
        }
        if (bar != null) {
            bar.stepTo(done);
        }
    }

    @Override
    public synchronized void sourceFailed(String reason) {
        clear();
        console.message(reason);
    }

    /** Takes the bar off the terminal. */
    synchronized void clear() {
        current = null;
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
