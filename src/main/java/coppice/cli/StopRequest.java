package coppice.cli;

import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * A request to end training early, by SIGTERM or SIGINT or because time is up.
 *
 * <p>A signal starts the JVM's shutdown. The hook sets the request, waits until the program has come to its own end,
 * and then ends the process with the program's exit code in place of the signal's.
 */
final class StopRequest implements BooleanSupplier {
    private static final CompletableFuture<Integer> EXIT_CODE = new CompletableFuture<>();
    private static volatile boolean signalled;
    private static volatile boolean ownsProcess;

    private final long deadlineNanos; // Long.MAX_VALUE for none

    private StopRequest(long deadlineNanos) {
        this.deadlineNanos = deadlineNanos;
    }

    /** Says that the process will end by {@link #exit}; within another program signals are not ours to wait on. */
    static void ownProcess() {
        ownsProcess = true;
    }

    /** Listens to signals from now on, in a process of our own; {@code maxSeconds} may be infinite. */
    static StopRequest install(double maxSeconds) {
        if (ownsProcess) {
            Runtime.getRuntime().addShutdownHook(new Thread(StopRequest::onShutdown, "coppice-stop"));
        }
        double nanos = maxSeconds * 1e9;
        return new StopRequest(nanos < 9e18 ? System.nanoTime() + (long) nanos : Long.MAX_VALUE);
    }

    private static void onShutdown() {
        if (!EXIT_CODE.isDone()) {
            signalled = true;
            Runtime.getRuntime().halt(EXIT_CODE.join());
        }
    }

    /** Ends the process. */
    static void exit(int code) {
        EXIT_CODE.complete(code);
        System.exit(code); // waits for ever when a signal came first; the hook then ends the process
    }

    @Override
    public boolean getAsBoolean() {
        return signalled || (deadlineNanos != Long.MAX_VALUE && System.nanoTime() - deadlineNanos > 0);
    }

    /** Seconds in 90s, 30m, 2h or 1d. */
    static double seconds(String duration) {
        if (duration.matches("[0-9]+(\\.[0-9]+)?[smhd]")) {
            double number = Double.parseDouble(duration.substring(0, duration.length() - 1));
            return number
                    * switch (duration.charAt(duration.length() - 1)) {
                        case 's' -> 1;
                        case 'm' -> 60;
                        case 'h' -> 3600;
                        default -> 86400;
                    };
        }
        throw new UsageException("max-time must be a number with s, m, h or d, like 90s, but was '" + duration + "'");
    }
}
