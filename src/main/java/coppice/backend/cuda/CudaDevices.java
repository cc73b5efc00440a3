package coppice.backend.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of this machine and their driver.
 *
 * @param driver its version, and the newest CUDA that it can run
 * @param devices at least one, by index; some may be too old
 */
public record CudaDevices(String driver, List<CudaDevice> devices) {
    /** As {@code cuDriverGetVersion} gives it: CUDA 12.0. */
    private static final int NEEDED_CUDA = 12000;

    private static final Path DRIVER_VERSION = Path.of("/sys/module/nvidia/version");
    private static final int NAME_BYTES = 256;

    /** Copies the list. */
    public CudaDevices {
        devices = List.copyOf(devices);
    }

    /**
     * Asks the driver, and leaves nothing behind.
     *
     * @throws CudaUnavailableException if there is no driver, it is too old or does not work, or there is no GPU
     */
    public static CudaDevices find() {
        NativeLibraries.driver().require();
        int[] cuda = {0};
        check("cuDriverGetVersion", () -> JCudaDriver.cuDriverGetVersion(cuda));
        String driver = driver(cuda[0]);
        if (cuda[0] < NEEDED_CUDA) {
            throw new CudaUnavailableException(driver + " is too old: 525 or newer is needed, for CUDA 12.0");
        }
        check("cuInit", () -> JCudaDriver.cuInit(0));
        int[] count = {0};
        check("cuDeviceGetCount", () -> JCudaDriver.cuDeviceGetCount(count));
        if (count[0] == 0) {
            throw new CudaUnavailableException(noDevice());
        }
        List<CudaDevice> devices = new ArrayList<>();
        for (int i = 0; i < count[0]; i++) {
            devices.add(describe(i));
        }
        return new CudaDevices(driver, devices);
    }

    /** Why none of the GPUs can be used, in one line; null if one can. */
    public @Nullable String fault() {
        return devices.stream().anyMatch(device -> device.fault() == null)
                ? null
                : devices.get(0).fault();
    }

    /**
     * The GPU of an index.
     *
     * @throws CudaUnavailableException if there is none, or it is too old
     */
    public CudaDevice require(int index) {
        if (index < 0 || index >= devices.size()) {
            throw new CudaUnavailableException(
                    "there is no GPU " + index + ": the last of " + devices.size() + " is " + (devices.size() - 1));
        }
        CudaDevice device = devices.get(index);
        String fault = device.fault();
        if (fault != null) {
            throw new CudaUnavailableException(fault);
        }
        return device;
    }

    private static CudaDevice describe(int index) {
        CUdevice device = new CUdevice();
        check("cuDeviceGet", () -> JCudaDriver.cuDeviceGet(device, index));
        byte[] name = new byte[NAME_BYTES];
        check("cuDeviceGetName", () -> JCudaDriver.cuDeviceGetName(name, NAME_BYTES, device));
        int length = 0;
        while (length < NAME_BYTES && name[length] != 0) {
            length++;
        }
        long[] total = {0};
        check("cuDeviceTotalMem", () -> JCudaDriver.cuDeviceTotalMem(total, device));
        return new CudaDevice(
                index,
                new String(name, 0, length, StandardCharsets.UTF_8),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                total[0],
                freeBytes(device));
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = {0};
        check("cuDeviceGetAttribute", () -> JCudaDriver.cuDeviceGetAttribute(value, attribute, device));
        return value[0];
    }

    /** Free memory is told to a context only: the device's primary one for a moment, then the thread's own again. */
    private static OptionalLong freeBytes(CUdevice device) {
        CUcontext context = new CUcontext();
        try {
            check("cuDevicePrimaryCtxRetain", () -> JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        } catch (CudaUnavailableException busy) {
            return OptionalLong.empty();
        }
        CUcontext before = new CUcontext();
        long[] free = {0};
        try {
            check("cuCtxGetCurrent", () -> JCudaDriver.cuCtxGetCurrent(before));
            check("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(context));
            check("cuMemGetInfo", () -> JCudaDriver.cuMemGetInfo(free, new long[1]));
            return OptionalLong.of(free[0]);
        } catch (CudaUnavailableException unknown) {
            return OptionalLong.empty();
        } finally {
            try {
                check("cuCtxSetCurrent", () -> JCudaDriver.cuCtxSetCurrent(before));
            } finally {
                check("cuDevicePrimaryCtxRelease", () -> JCudaDriver.cuDevicePrimaryCtxRelease(device));
            }
        }
    }

    /** Calls, whether JCuda has been told to throw or not. */
    private static void check(String function, IntSupplier call) {
        String error;
        try {
            int status = call.getAsInt();
            if (status == 0) {
                return;
            }
            String[] name = {null};
            JCudaDriver.cuGetErrorName(status, name);
            error = name[0] == null ? "error " + status : name[0];
        } catch (jcuda.CudaException e) {
            error = JcudaNative.firstLine(e);
        }
        throw new CudaUnavailableException(explain(function, error));
    }

    private static String explain(String function, String error) {
        String cause = switch (error) {
            case "CUDA_ERROR_NO_DEVICE" -> noDevice();
            case "CUDA_ERROR_STUB_LIBRARY" ->
                "libcuda.so.1 is a toolkit's stub, not the driver: take its folder out of LD_LIBRARY_PATH";
            case "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH" ->
                "the driver's library and its kernel module differ in version: restart the machine";
            case "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE" ->
                "a compatibility package of CUDA's that this GPU does not support comes before the driver: "
                        + "take its folder out of LD_LIBRARY_PATH";
            case "CUDA_ERROR_SYSTEM_NOT_READY" -> "the driver is not ready: start its services (fabric manager)";
            case "CUDA_ERROR_UNKNOWN", "CUDA_ERROR_OPERATING_SYSTEM" ->
                "the driver does not answer: see what nvidia-smi says, and who may open /dev/nvidia*";
            default -> "the NVIDIA driver failed";
        };
        return cause + " (" + function + ": " + error + ")";
    }

    private static String noDevice() {
        String visible = System.getenv("CUDA_VISIBLE_DEVICES");
        return "no NVIDIA GPU: the driver shows none"
                + (visible == null ? "" : ", and CUDA_VISIBLE_DEVICES is '" + visible + "'");
    }

    /** The driver in words; its own version where the kernel tells it. */
    private static String driver(int cuda) {
        String version = "";
        try {
            version = " "
                    + Files.readString(DRIVER_VERSION, StandardCharsets.ISO_8859_1)
                            .strip();
        } catch (IOException notTold) {
            // A container or a virtual machine may hide it.
        }
        return "NVIDIA driver" + version + " for CUDA " + cuda / 1000 + "." + cuda % 1000 / 10;
    }
}
