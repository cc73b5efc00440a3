package coppice.backend.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * One GPU: its primary context, its stream, and all memory, events and further streams that were taken from it.
 *
 * <p>Copies are ordered with what the stream does. Closing gives everything back, whatever went wrong before.
 */
final class Device implements AutoCloseable {
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final Set<DeviceMemory> live = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<PinnedMemory> pinned = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<CUevent> events = new ArrayList<>();
    private final Deque<Runnable> endings = new ArrayDeque<>();
    private final Transfers transfers = new Transfers(this);
    private @Nullable CUstream copies;
    private long freed;
    private boolean hasContext;
    private boolean hasStream;

    private Device() {}

    /**
     * Opens a device.
     *
     * @param index its number, from 0
     * @throws CudaException if it cannot be used
     */
    static Device open(int index) {
        Device opened = new Device();
        try {
            check(JCudaDriver.cuInit(0), "starting CUDA");
            check(JCudaDriver.cuDeviceGet(opened.device, index), "opening GPU " + index);
            check(
                    JCudaDriver.cuDevicePrimaryCtxRetain(opened.context, opened.device),
                    "making a context on GPU " + index);
            opened.hasContext = true;
            check(JCudaDriver.cuCtxSetCurrent(opened.context), "using GPU " + index);
            check(JCudaDriver.cuStreamCreate(opened.stream, 0), "making a stream");
            opened.hasStream = true;
            return opened;
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    /** Turns a result other than success into an exception. */
    static void check(int result, String action) {
        if (result != CUresult.CUDA_SUCCESS) {
            throw new CudaException("CUDA failed while " + action + ": " + CUresult.stringFor(result));
        }
    }

    String name() {
        byte[] name = new byte[256];
        check(JCudaDriver.cuDeviceGetName(name, name.length, device), "asking for the GPU's name");
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        return new String(name, 0, length, java.nio.charset.StandardCharsets.US_ASCII);
    }

    int multiprocessors() {
        int[] count = {0};
        int attribute = CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT;
        check(JCudaDriver.cuDeviceGetAttribute(count, attribute, device), "asking for the GPU's size");
        return count[0];
    }

    /** Lets {@code ending} run when this is closed, before memory is given back; the last one first. */
    void atClose(Runnable ending) {
        endings.push(ending);
    }

    CUstream stream() {
        return stream;
    }

    /** A second stream, for copies beside the work; events order it with the first. Made when first asked for. */
    CUstream copies() {
        CUstream known = copies;
        if (known == null) {
            CUstream made = new CUstream();
            check(JCudaDriver.cuStreamCreate(made, CUstream_flags.CU_STREAM_NON_BLOCKING), "making a stream");
            known = made;
            copies = known;
        }
        return known;
    }

    /** Copies of arrays through page-locked memory. */
    Transfers transfers() {
        return transfers;
    }

    /**
     * Memory to be had.
     *
     * @param free bytes that nobody has taken
     * @param total bytes that the GPU has
     */
    record Memory(long free, long total) {}

    /** How much memory the GPU has now. */
    Memory memory() {
        long[] free = new long[1];
        long[] total = new long[1];
        check(JCudaDriver.cuMemGetInfo(free, total), "asking for the GPU's memory");
        return new Memory(free[0], total[0]);
    }

    // ---- memory ----

    /** Takes memory full of zeros. */
    DeviceMemory zeros(long bytes, String what) {
        DeviceMemory memory = allocate(bytes, what);
        clear(memory, what);
        return memory;
    }

    /** Queues filling with zeros. */
    void clear(DeviceMemory memory, String what) {
        check(JCudaDriver.cuMemsetD8Async(memory.pointer(), (byte) 0, memory.bytes(), stream), "clearing " + what);
    }

    /** Takes memory whose content is undefined. */
    DeviceMemory allocate(long bytes, String what) {
        DeviceMemory memory = new DeviceMemory(Math.max(bytes, 16));
        int result = JCudaDriver.cuMemAlloc(memory.pointer(), memory.bytes());
        if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            long[] free = new long[1];
            long[] total = new long[1];
            JCudaDriver.cuMemGetInfo(free, total);
            throw new CudaException("the GPU is out of memory: " + what + " needs " + mebibytes(memory.bytes())
                    + " and " + (free[0] >> 20) + " of " + mebibytes(total[0])
                    + " are free; a smaller network or batch is needed");
        }
        check(result, "taking " + mebibytes(memory.bytes()) + " for " + what);
        live.add(memory);
        return memory;
    }

    /** Makes something of several pieces of memory; if that fails, gives back the pieces it took. */
    <T> T orNothing(Supplier<T> making) {
        Set<DeviceMemory> before = Set.copyOf(live);
        try {
            return making.get();
        } catch (RuntimeException | Error e) {
            settle();
            for (DeviceMemory memory : List.copyOf(live)) {
                if (!before.contains(memory)) {
                    live.remove(memory);
                    JCudaDriver.cuMemFree(memory.pointer());
                }
            }
            throw e;
        }
    }

    /** A size for people, rounded up. */
    static String mebibytes(long bytes) {
        return ((bytes + (1 << 20) - 1) >> 20) + " MiB";
    }

    void free(DeviceMemory memory) {
        if (live.remove(memory)) {
            freed++;
            check(JCudaDriver.cuMemFree(memory.pointer()), "giving memory back");
        }
    }

    /** How often memory was given back: what was recorded before may work on what is there no more. */
    long freed() {
        return freed;
    }

    /** Takes page-locked host memory, less than 2 GiB. */
    PinnedMemory pinned(long bytes, String what) {
        Pointer address = new Pointer();
        check(JCudaDriver.cuMemHostAlloc(address, bytes, 0), "taking page-locked memory for " + what);
        PinnedMemory memory = new PinnedMemory(address, bytes);
        pinned.add(memory);
        return memory;
    }

    void free(PinnedMemory memory) {
        if (pinned.remove(memory)) {
            check(JCudaDriver.cuMemFreeHost(memory.pointer()), "giving page-locked memory back");
        }
    }

    void upload(DeviceMemory to, Pointer from, long bytes) {
        upload(to, 0, from, bytes);
    }

    void upload(DeviceMemory to, long offset, Pointer from, long bytes) {
        requireInside(to, offset, bytes);
        if (bytes > 0) {
            check(JCudaDriver.cuMemcpyHtoD(to.pointer().withByteOffset(offset), from, bytes), "copying to the GPU");
        }
    }

    void download(Pointer to, DeviceMemory from, long offset, long bytes) {
        requireInside(from, offset, bytes);
        if (bytes > 0) {
            check(JCudaDriver.cuMemcpyDtoH(to, from.pointer().withByteOffset(offset), bytes), "copying from the GPU");
        }
    }

    /** Queues a copy from page-locked memory. */
    void uploadAsync(DeviceMemory to, long offset, Pointer from, long bytes, CUstream queue) {
        requireInside(to, offset, bytes);
        if (bytes > 0) {
            CUdeviceptr target = to.pointer().withByteOffset(offset);
            check(JCudaDriver.cuMemcpyHtoDAsync(target, from, bytes, queue), "copying to the GPU");
        }
    }

    /** Queues a copy to page-locked memory. */
    void downloadAsync(Pointer to, DeviceMemory from, long offset, long bytes, CUstream queue) {
        requireInside(from, offset, bytes);
        if (bytes > 0) {
            CUdeviceptr source = from.pointer().withByteOffset(offset);
            check(JCudaDriver.cuMemcpyDtoHAsync(to, source, bytes, queue), "copying from the GPU");
        }
    }

    private static void requireInside(DeviceMemory memory, long offset, long bytes) {
        if (offset < 0 || bytes < 0 || offset + bytes > memory.bytes()) {
            throw new IllegalArgumentException(
                    bytes + " bytes from " + offset + " do not lie within " + memory.bytes());
        }
    }

    // ---- events ----

    /** An event that has happened, until {@link #record}. */
    CUevent event() {
        CUevent event = new CUevent();
        check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "making an event");
        events.add(event);
        return event;
    }

    /** Lets an event happen once what was queued before is done. */
    void record(CUevent event, CUstream queue) {
        check(JCudaDriver.cuEventRecord(event, queue), "marking a place in the work");
    }

    /** Lets what is queued from now on wait for an event. */
    void await(CUevent event, CUstream queue) {
        check(JCudaDriver.cuStreamWaitEvent(queue, event, 0), "ordering copies and work");
    }

    /** Waits for an event. */
    void synchronize(CUevent event) {
        check(JCudaDriver.cuEventSynchronize(event), "computing");
    }

    // ---- work ----

    /** Waits until all that was queued is done. */
    void synchronize() {
        check(JCudaDriver.cuStreamSynchronize(stream), "computing");
    }

    /** Records what {@code operations} queue in place of doing it. */
    CUgraphExec capture(Runnable operations) {
        CUgraph graph = new CUgraph();
        check(
                JCudaDriver.cuStreamBeginCapture(stream, CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "recording a step");
        try {
            operations.run();
        } catch (RuntimeException | Error e) {
            abandonCapture();
            throw e;
        }
        int result = JCudaDriver.cuStreamEndCapture(stream, graph);
        if (result != CUresult.CUDA_SUCCESS) {
            abandonCapture(); // a stream that still records can neither be waited for nor used
        }
        check(result, "recording a step");
        CUgraphExec executable = new CUgraphExec();
        try {
            check(JCudaDriver.cuGraphInstantiate(executable, graph, 0), "preparing a recorded step");
        } finally {
            JCudaDriver.cuGraphDestroy(graph);
        }
        return executable;
    }

    /** Leaves the stream not recording, whatever went wrong. */
    private void abandonCapture() {
        CUgraph graph = new CUgraph();
        if (JCudaDriver.cuStreamEndCapture(stream, graph) == CUresult.CUDA_SUCCESS) {
            JCudaDriver.cuGraphDestroy(graph);
        }
    }

    void launch(CUgraphExec recorded) {
        check(JCudaDriver.cuGraphLaunch(recorded, stream), "starting a recorded step");
    }

    void destroy(CUgraphExec recorded) {
        JCudaDriver.cuGraphExecDestroy(recorded);
    }

    /** Waits until both streams are idle or have failed. */
    void settle() {
        boolean idle = !hasStream || JCudaDriver.cuStreamSynchronize(stream) == CUresult.CUDA_SUCCESS;
        CUstream second = copies;
        idle &= second == null || JCudaDriver.cuStreamSynchronize(second) == CUresult.CUDA_SUCCESS;
        if (!idle) {
            JCudaDriver.cuCtxSynchronize(); // work may still be queued, on memory that is about to be freed
        }
    }

    @Override
    public void close() {
        settle();
        while (!endings.isEmpty()) {
            endings.pop().run();
        }
        live.forEach(memory -> JCudaDriver.cuMemFree(memory.pointer()));
        live.clear();
        pinned.forEach(memory -> JCudaDriver.cuMemFreeHost(memory.pointer()));
        pinned.clear();
        events.forEach(JCudaDriver::cuEventDestroy);
        events.clear();
        CUstream second = copies;
        if (second != null) {
            copies = null;
            JCudaDriver.cuStreamDestroy(second);
        }
        if (hasStream) {
            hasStream = false;
            JCudaDriver.cuStreamDestroy(stream);
        }
        if (hasContext) {
            hasContext = false;
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
            int[] active = {0};
            JCudaDriver.cuDevicePrimaryCtxGetState(device, new int[1], active);
            if (active[0] == 0) {
                JCudaDriver.cuCtxSetCurrent(new CUcontext()); // none, rather than one that is gone
            }
        }
    }
}
