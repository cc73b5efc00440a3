package coppice.backend.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** The kernels of {@code kernels/*.cu} on a device, by name, and their launch. */
final class Kernels implements AutoCloseable {
    private static final String[] FAMILIES = {
        "sparse",
        "dense",
        "elementwise",
        "optimizer",
        "reduce",
        "loss",
        "data",
        "stochastic",
        "convolution",
        "sparse_convolution",
        "filters",
        "pooling",
        "library"
    };
    private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)");
    private static final int WARPS = 4; // a block
    private static final int WARPS_WANTED = 16; // a multiprocessor

    private final Device device;
    private final List<CUmodule> modules = new ArrayList<>();
    private final Map<String, CUmodule> homes = new HashMap<>(); // of each kernel
    private final Map<String, CUfunction> functions = new HashMap<>();
    private final Arguments arguments = new Arguments();
    private final int multiprocessors;

    /** Loads every family. */
    Kernels(Device device) {
        this.device = device;
        this.multiprocessors = device.multiprocessors();
        try {
            for (String family : FAMILIES) {
                CUmodule module = new CUmodule();
                String ptx = ptx(family);
                Device.check(JCudaDriver.cuModuleLoadData(module, ptx), "loading the " + family + " kernels");
                modules.add(module);
                ENTRY.matcher(ptx).results().forEach(entry -> homes.put(entry.group(1), module));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static String ptx(String family) {
        String name = "/kernels/" + family + ".sm_75.ptx";
        try (InputStream in = Kernels.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The arguments of the next launch, empty. */
    Arguments arguments() {
        return arguments.clear();
    }

    /** Of the device. */
    int multiprocessors() {
        return multiprocessors;
    }

    /** How many warps a launch should have at least, to hide behind each other what they wait for. */
    int wantedWarps() {
        return WARPS_WANTED * multiprocessors;
    }

    /** Launches a kernel that works with a warp a row. */
    void launchByRows(String kernel, int rows) {
        launchByRows(kernel, rows, 1);
    }

    /** Launches a kernel that works with a warp for each share of a row. */
    void launchByRows(String kernel, int rows, int shares) {
        launch(kernel, (rows + WARPS - 1) / WARPS, shares, 32 * WARPS, 1);
    }

    /** Queues a kernel with the arguments written since {@link #arguments}. */
    void launch(String kernel, int gridX, int gridY, int blockX, int blockY) {
        if (gridX == 0 || gridY == 0) {
            return; // nothing to compute
        }
        CUfunction function = functions.computeIfAbsent(kernel, this::find);
        Device.check(
                JCudaDriver.cuLaunchKernel(
                        function, gridX, gridY, 1, blockX, blockY, 1, 0, device.stream(), arguments.pointers(), null),
                "starting kernel " + kernel);
    }

    private CUfunction find(String kernel) {
        CUmodule home = homes.get(kernel);
        if (home == null) {
            throw new IllegalStateException("there is no kernel " + kernel);
        }
        CUfunction function = new CUfunction();
        Device.check(JCudaDriver.cuModuleGetFunction(function, home, kernel), "looking for kernel " + kernel);
        return function;
    }

    @Override
    public void close() {
        modules.forEach(JCudaDriver::cuModuleUnload);
        modules.clear();
        functions.clear();
    }
}
