package coppice.cli;

import coppice.backend.cuda.CudaDevice;
import coppice.backend.cuda.CudaDevices;
import coppice.backend.cuda.CudaUnavailableException;
import coppice.backend.cuda.NativeLibraries;
import coppice.backend.cuda.NativeLibrary;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What there is of CUDA, for {@code devices}.
 *
 * @param reason why it is off; null if it is not
 * @param found the driver and the GPUs; null without them
 * @param libraries cuSPARSE and cuBLAS; none without a driver, where nobody can use them
 */
record CudaState(@Nullable String reason, @Nullable CudaDevices found, List<NativeLibrary> libraries) {
    static CudaState here() {
        try {
            CudaDevices found = CudaDevices.find();
            return new CudaState(found.fault(), found, List.of(NativeLibraries.cusparse(), NativeLibraries.cublas()));
        } catch (CudaUnavailableException e) {
            return new CudaState(e.reason(), null, List.of());
        }
    }

    void addTo(Table table) {
        if (found == null) {
            table.row("cuda", "off", Objects.requireNonNullElse(reason, ""));
            return;
        }
        table.row("cuda", reason == null ? "available" : "off", reason == null ? found.driver() : reason);
        for (CudaDevice device : found.devices()) {
            String fault = device.fault();
            table.row("", "GPU " + device.index(), fault == null ? describe(device) : "off: " + fault);
        }
        for (NativeLibrary library : libraries) {
            table.row("", library.name(), "for " + use(library) + ": " + describe(library));
        }
    }

    private static String describe(CudaDevice device) {
        String free = device.freeBytes().isPresent() ? (device.freeBytes().getAsLong() >> 20) + " MiB free of " : "";
        return device.name() + ", compute capability " + device.computeCapability() + ", " + free
                + (device.totalBytes() >> 20) + " MiB";
    }

    private static String use(NativeLibrary library) {
        return library.name().equals("cuSPARSE") ? "--spmm cusparse" : "--gemm cublas";
    }

    private static String describe(NativeLibrary library) {
        if (!library.available()) {
            return "off: " + library.reason();
        }
        return library.version() + (library.file() == null ? "" : ", " + library.file());
    }

    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("available", reason == null);
        map.put("reason", reason);
        if (found != null) {
            map.put("driver", found.driver());
            map.put("devices", found.devices().stream().map(CudaState::toMap).toList());
        }
        for (NativeLibrary library : libraries) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("available", library.available());
            one.put("reason", library.reason());
            one.put("version", library.version());
            one.put("used_for", use(library));
            one.put("path", library.file() == null ? null : library.file().toString());
            map.put(library.name().toLowerCase(Locale.ROOT), one);
        }
        return map;
    }

    private static Map<String, Object> toMap(CudaDevice device) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("index", device.index());
        map.put("name", device.name());
        map.put("available", device.fault() == null);
        map.put("reason", device.fault());
        map.put("compute_capability", device.computeCapability());
        map.put("memory_bytes", device.totalBytes());
        map.put(
                "free_memory_bytes",
                device.freeBytes().isPresent() ? device.freeBytes().getAsLong() : null);
        return map;
    }
}
