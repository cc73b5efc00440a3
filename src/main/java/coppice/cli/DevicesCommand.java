package coppice.cli;

import coppice.backend.cuda.ProductLibraries;
import coppice.run.Json;
import coppice.run.RunManifest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tells what there is to compute with. */
final class DevicesCommand implements Command {
    @Override
    public String name() {
        return "devices";
    }

    @Override
    public String summary() {
        return "backends, what they run on, and why one is off";
    }

    @Override
    public String usage() {
        return "[--json] [--cuda-lib DIR]";
    }

    @Override
    public String details() {
        return """
                Lists the backends, the GPUs and NVIDIA's libraries, and whether they can be used here.

                  coppice devices
                  coppice devices --json
                  coppice devices --cuda-lib /usr/local/cuda-12.6""";
    }

    @Override
    public List<CommandOption> options() {
        return List.of(CommandOption.flag("json", "print one JSON object"), CudaOptions.option());
    }

    @Override
    public int run(Arguments arguments, Console console) {
        arguments.requireNoOperands();
        CudaOptions.use(arguments.find(CudaOptions.NAME));
        Devices devices = Devices.here();
        if (arguments.has("json")) {
            console.result(Json.compact(devices.toMap()));
            return ExitCode.DONE;
        }
        RunManifest.Machine machine = devices.machine();
        Table table = new Table()
                .row("cpu", devices.fault() == null ? "available" : "off", devices.kernels())
                .row(
                        "",
                        "processor",
                        machine.cpu() + ", " + cores(machine.cores()) + " (" + machine.architecture() + ")");
        devices.cuda().addTo(table);
        table.row("java", devices.java().version(), devices.java().vendor() + ", " + machine.os())
                .row("memory", (devices.heapBytes() >> 20) + " MiB", "the most that the Java heap may take");
        table.lines(2).forEach(console::result);
        return ExitCode.DONE;
    }

    private static String cores(int cores) {
        return cores + (cores == 1 ? " core" : " cores");
    }

    /**
     * What was found.
     *
     * @param kernels of the CPU backend, or why it is off
     * @param fault why the CPU backend is off, null if it is not
     * @param cuda the GPUs and NVIDIA's libraries
     * @param heapBytes the most that the Java heap may take
     */
    private record Devices(
            String kernels,
            @Nullable String fault,
            CudaState cuda,
            RunManifest.Machine machine,
            RunManifest.JavaRuntime java,
            long heapBytes) {

        static Devices here() {
            String kernels;
            String fault = null;
            try (BackendChoice choice = BackendChoice.of("cpu", 0, 0, 0, "auto", ProductLibraries.NONE)) {
                kernels = choice.backend().description();
                if (!kernels.startsWith("Vector")) {
                    kernels += " (" + whyPlain() + ")";
                }
            } catch (BackendUnavailableException e) {
                fault = String.valueOf(e.getMessage());
                kernels = fault;
            }
            return new Devices(
                    kernels,
                    fault,
                    CudaState.here(),
                    RunManifest.Machine.current(),
                    RunManifest.JavaRuntime.current(),
                    Runtime.getRuntime().maxMemory());
        }

        private static String whyPlain() {
            return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                    ? "the Vector API kernels need vectors of 256 or 512 bits"
                    : "the Vector API cannot be loaded, or has no vectors of 256 or 512 bits";
        }

        Map<String, Object> toMap() {
            Map<String, Object> cpu = new LinkedHashMap<>();
            cpu.put("available", fault == null);
            cpu.put("reason", fault);
            cpu.put("processor", machine.cpu());
            cpu.put("cores", machine.cores());
            cpu.put("kernels", fault == null ? kernels : null);
            cpu.put("fused_multiply_add", fault == null);
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("cpu", cpu);
            all.put("cuda", cuda.toMap());
            all.put("java", java);
            all.put("os", machine.os());
            all.put("architecture", machine.architecture());
            all.put("max_heap_bytes", heapBytes);
            return all;
        }
    }
}
