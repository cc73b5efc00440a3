package coppice.cli;

import coppice.backend.Backend;
import coppice.backend.cpu.CpuBackend;
import coppice.backend.cpu.KernelSet;
import coppice.backend.cuda.CudaBackend;
import coppice.backend.cuda.CudaUnavailableException;
import coppice.backend.cuda.ProductLibraries;
import coppice.parallel.WorkerPool;
import coppice.train.Settings;
import java.util.List;

/**
 * The backend that --backend, --threads and --simd ask for, with its pool of threads.
 *
 * @param backend where training runs
 * @param pool its threads, which topology uses too
 * @param libraries what it leaves to NVIDIA's libraries
 * @param reason why it was chosen, for automatic choice
 */
record BackendChoice(Backend backend, WorkerPool pool, ProductLibraries libraries, String reason)
        implements AutoCloseable {
    private static final List<String> NAMES =
            List.of("backend", "device", "data-memory", "cuda-lib", "spmm", "gemm", "tf32", "threads", "simd");

    /** The options of every command that computes. */
    static List<CommandOption> options() {
        return Settings.TABLE.stream()
                .filter(setting -> NAMES.contains(setting.name()))
                .map(CommandOption::of)
                .toList();
    }

    /**
     * Chooses.
     *
     * @param backend auto, cpu or cuda
     * @param device number of the GPU
     * @param dataMemory bytes that data sets may take on the GPU
     * @param threads CPU threads, 0 for one a processor
     * @param simd auto or off
     * @param libraries what is left to NVIDIA's libraries, for cuda
     * @throws BackendUnavailableException if what is asked for cannot be had
     */
    static BackendChoice of(
            String backend, int device, long dataMemory, int threads, String simd, ProductLibraries libraries) {
        KernelSet kernels = switch (simd) {
            case "auto" -> KernelSet.vector().orElseGet(KernelSet::plain);
            case "off" -> KernelSet.plain();
            default -> throw new UsageException("simd must be auto or off but was '" + simd + "'");
        };
        if (!List.of("auto", "cpu", "cuda").contains(backend)) {
            throw new UsageException("backend must be auto, cpu or cuda but was '" + backend + "'");
        }
        WorkerPool pool = new WorkerPool(threads == 0 ? Runtime.getRuntime().availableProcessors() : threads);
        try {
            if (backend.equals("cuda")) {
                CudaBackend cuda = CudaBackend.open(device, dataMemory, libraries);
                return new BackendChoice(cuda, pool, libraries, "as asked");
            }
            String reason = backend.equals("auto") ? "chosen; --backend cuda uses a GPU" : "as asked";
            return new BackendChoice(new CpuBackend(kernels, pool), pool, libraries, reason);
        } catch (UnsupportedOperationException | CudaUnavailableException e) {
            pool.close();
            String name = backend.equals("cuda") ? "cuda" : "cpu";
            throw new BackendUnavailableException("backend " + name + " is not available: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            pool.close();
            throw e;
        }
    }

    /** Chooses by a command's options. */
    static BackendChoice of(Arguments arguments) {
        String backend = value(arguments, "backend", "auto");
        CudaOptions.use(arguments.find(CudaOptions.NAME));
        return of(
                backend,
                arguments.wholeNumber("device", 0, 0),
                CudaOptions.dataMemory(arguments.find(CudaOptions.DATA_MEMORY)),
                arguments.wholeNumber("threads", 0, 0),
                value(arguments, "simd", "auto"),
                CudaOptions.products(
                        backend,
                        value(arguments, "spmm", "exact"),
                        value(arguments, "gemm", "exact"),
                        arguments.has("tf32")));
    }

    private static String value(Arguments arguments, String name, String otherwise) {
        String value = arguments.find(name);
        return value == null ? otherwise : value;
    }

    @Override
    public void close() {
        backend.close();
        pool.close();
    }
}
