package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.parallel.WorkerPool;
import java.util.List;

/**
 * The backend that --backend, --threads and --simd ask for, with its pool of threads.
 *
 * @param backend where training runs
 * @param pool its threads, which topology uses too
 * @param reason why it was chosen, for automatic choice
 */
record BackendChoice(Backend backend, WorkerPool pool, String reason) implements AutoCloseable {
    /** The options of every command that computes. */
    static List<CommandOption> options() {
        return List.of(
                new CommandOption("backend", "KIND", "auto", "Run", "auto, cpu or cuda"),
                new CommandOption(
                        "threads", "N", "0", "Run", "CPU threads, 0 for one a processor; does not change results"),
                new CommandOption(
                        "simd",
                        "auto|off",
                        "auto",
                        "Run",
                        "Vector API kernels, or plain Java; does not change results"));
    }

    /**
     * Chooses.
     *
     * @throws BackendUnavailableException if what is asked for cannot be had
     */
    static BackendChoice of(String backend, int threads, String simd) {
        switch (backend) {
            case "cpu", "auto" -> {}
            case "cuda" ->
                throw new BackendUnavailableException(
                        "backend cuda is not available: this version of Coppice has the CPU backend only");
            default -> throw new UsageException("backend must be auto, cpu or cuda but was '" + backend + "'");
        }
        KernelSet kernels = switch (simd) {
            case "auto" -> KernelSet.vector().orElseGet(KernelSet::plain);
            case "off" -> KernelSet.plain();
            default -> throw new UsageException("simd must be auto or off but was '" + simd + "'");
        };
        WorkerPool pool = new WorkerPool(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
        try {
            String reason = backend.equals("auto") ? "chosen: this version has no other backend" : "as asked";
            return new BackendChoice(new CpuBackend(kernels, pool), pool, reason);
        } catch (UnsupportedOperationException e) {
            pool.close();
            throw new BackendUnavailableException("backend cpu is not available: " + e.getMessage());
        }
    }

    /** Chooses by a command's options. */
    static BackendChoice of(Arguments arguments) {
        String backend = arguments.find("backend");
        String threads = arguments.find("threads");
        String simd = arguments.find("simd");
        return of(
                backend == null ? "auto" : backend,
                threads == null ? 0 : wholeNumber("threads", threads),
                simd == null ? "auto" : simd);
    }

    private static int wholeNumber(String name, String text) {
        try {
            int value = Integer.parseInt(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new UsageException(name + " must be a whole number of at least 0 but was '" + text + "'");
    }

    @Override
    public void close() {
        backend.close();
        pool.close();
    }
}
