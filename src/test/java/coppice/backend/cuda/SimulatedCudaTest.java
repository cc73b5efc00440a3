package coppice.backend.cuda;

import static jcuda.driver.JCudaDriver.cuCtxSetCurrent;
import static jcuda.driver.JCudaDriver.cuCtxSynchronize;
import static jcuda.driver.JCudaDriver.cuLaunchKernel;
import static jcuda.driver.JCudaDriver.cuMemAlloc;
import static jcuda.driver.JCudaDriver.cuMemFree;
import static jcuda.driver.JCudaDriver.cuMemcpyDtoH;
import static jcuda.driver.JCudaDriver.cuMemcpyHtoD;
import static jcuda.driver.JCudaDriver.cuModuleGetFunction;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The simulated driver notices what it is there to notice, through JCuda's own natives. */
@Tag("cuda")
class SimulatedCudaTest {
    private static final String IMAGE = ".version 7.0\n.target sm_75\n.address_size 64\n";
    private static final int THREADS = 128;

    private final CUdevice device = new CUdevice();
    private final CUmodule module = new CUmodule();
    private final ByteBuffer struct = ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder());
    private boolean open;

    @BeforeEach
    void open() {
        SimulatedCuda.load();
        CUcontext context = new CUcontext();
        ok(JCudaDriver.cuInit(0));
        ok(JCudaDriver.cuDeviceGet(device, 0));
        ok(JCudaDriver.cuDevicePrimaryCtxRetain(context, device));
        open = true;
        ok(cuCtxSetCurrent(context));
        ok(JCudaDriver.cuModuleLoadData(module, IMAGE));
    }

    @AfterEach
    void close() {
        if (open) {
            SimulatedCuda.reset();
            ok(JCudaDriver.cuModuleUnload(module));
            ok(JCudaDriver.cuDevicePrimaryCtxRelease(device));
        }
    }

    private static void ok(int result) {
        assertEquals(CUresult.CUDA_SUCCESS, result, () -> CUresult.stringFor(result));
    }

    private static CUdeviceptr allocate(long bytes) {
        CUdeviceptr memory = new CUdeviceptr();
        ok(cuMemAlloc(memory, bytes));
        return memory;
    }

    private static CUdeviceptr upload(float... values) {
        CUdeviceptr memory = allocate(4L * values.length);
        ok(cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length));
        return memory;
    }

    private static float[] download(CUdeviceptr memory, int count) {
        float[] values = new float[count];
        ok(cuMemcpyDtoH(Pointer.to(values), memory, 4L * count));
        return values;
    }

    private static float[] ramp() {
        float[] values = new float[THREADS];
        for (int i = 0; i < THREADS; i++) {
            values[i] = i + 1;
        }
        return values;
    }

    /** Launches one block of 128 threads. */
    private int launch(String kernel, CUstream stream, CUdeviceptr values, CUdeviceptr counter, int count) {
        CUfunction function = new CUfunction();
        ok(cuModuleGetFunction(function, module, kernel));
        struct.clear().putLong(address(values)).putLong(address(counter)).putInt(count);
        Pointer parameters = Pointer.to(Pointer.to(struct));
        int result = cuLaunchKernel(function, 1, 1, 1, THREADS, 1, 1, 0, stream, parameters, null);
        struct.clear().put(new byte[struct.capacity()]); // the launch has its own copy
        return result;
    }

    private static long address(CUdeviceptr pointer) {
        return new Address(pointer).value();
    }

    /** JCuda shows the number of a pointer to subclasses only. */
    private static final class Address extends CUdeviceptr {
        Address(CUdeviceptr of) {
            super(of);
        }

        long value() {
            return getNativePointer() + getByteOffset();
        }
    }

    private int run(String kernel, CUdeviceptr values, CUdeviceptr counter, int count) {
        ok(launch(kernel, new CUstream(), values, counter, count));
        return cuCtxSynchronize();
    }

    @Test
    void newMemoryIsNaNAndCopiesComeBack() {
        CUdeviceptr fresh = allocate(12);
        assertTrue(Float.isNaN(download(fresh, 3)[1]));
        CUdeviceptr memory = upload(1, 2, 3);
        assertArrayEquals(new float[] {1, 2, 3}, download(memory, 3));
        assertEquals(2, SimulatedCuda.liveAllocations());
        assertEquals(24, SimulatedCuda.liveBytes());
        ok(cuMemFree(fresh));
        ok(cuMemFree(memory));
        assertEquals(0, SimulatedCuda.liveAllocations());
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Test
    void misuseOfMemoryIsAnErrorAndIsWrittenDown() {
        CUdeviceptr memory = upload(1, 2, 3);
        assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(Pointer.to(new float[4]), memory, 16));
        assertEquals("copy from the device", SimulatedCuda.lastViolation().substring(0, 20));
        assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, JCudaDriver.cuMemsetD8(memory, (byte) 0, 13));
        ok(cuMemFree(memory));
        assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemFree(memory));
        assertEquals("second free of an allocation of 12 bytes", SimulatedCuda.lastViolation());
        assertEquals(CUresult.CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoH(Pointer.to(new float[3]), memory, 12));
        assertTrue(SimulatedCuda.lastViolation().endsWith("byte 0 of freed device memory of 12 bytes"));
        assertEquals(4, SimulatedCuda.violations());
    }

    @Test
    void memoryRunsOut() {
        SimulatedCuda.setMemory(1000);
        CUdeviceptr memory = allocate(600);
        assertEquals(CUresult.CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(new CUdeviceptr(), 401));
        ok(cuMemFree(memory));
        ok(cuMemFree(allocate(1000)));
        assertEquals(0, SimulatedCuda.violations(), SimulatedCuda::lastViolation);
    }

    @Test
    void theNthCallFails() {
        SimulatedCuda.failNth(SimulatedCuda.Calls.ALLOC, 2, CUresult.CUDA_ERROR_OUT_OF_MEMORY);
        ok(cuMemAlloc(new CUdeviceptr(), 4));
        assertEquals(CUresult.CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(new CUdeviceptr(), 4));
        ok(cuMemAlloc(new CUdeviceptr(), 4));
        assertEquals(3, SimulatedCuda.calls(SimulatedCuda.Calls.ALLOC));
        assertEquals(2, SimulatedCuda.liveAllocations());
        SimulatedCuda.failNth(SimulatedCuda.Calls.LAUNCH, 1, CUresult.CUDA_ERROR_LAUNCH_FAILED);
        CUdeviceptr values = upload(ramp());
        assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, launch("test_double", new CUstream(), values, values, THREADS));
        ok(run("test_double", values, values, THREADS));
        assertEquals(2, download(values, THREADS)[0]);
        assertThrows(IllegalArgumentException.class, () -> SimulatedCuda.setOrder(3));
    }

    @Test
    void aMissingBarrierShowsInTheOrders() {
        Set<Integer> right = new HashSet<>();
        Set<Integer> wrong = new HashSet<>();
        for (int order = 0; order < 3; order++) {
            SimulatedCuda.setOrder(order);
            CUdeviceptr values = upload(ramp());
            ok(run("test_reverse", values, values, THREADS));
            right.add(Arrays.hashCode(download(values, THREADS)));
            ok(cuMemcpyHtoD(values, Pointer.to(ramp()), 4 * THREADS));
            ok(run("test_reverse_without_barrier", values, values, THREADS));
            wrong.add(Arrays.hashCode(download(values, THREADS)));
        }
        assertEquals(1, right.size());
        assertEquals(3, wrong.size());
    }

    @Test
    void lanesExchangeAndVote() {
        float[] start = ramp();
        start[0] = -1;
        CUdeviceptr values = upload(start);
        CUdeviceptr counter = upload(0);
        ok(run("test_warp", values, counter, THREADS));
        float[] sums = download(values, THREADS);
        assertEquals(31 * 34 / 2 - 1, sums[31]);
        assertEquals(16 * 97, sums[32]);
        assertEquals(31, Float.floatToRawIntBits(download(counter, 1)[0]));
    }

    @Test
    void aKernelThatHangsEndsItsLaunch() {
        CUdeviceptr values = upload(ramp());
        assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, run("test_deadlock", values, values, THREADS));
        assertTrue(SimulatedCuda.lastViolation().startsWith("deadlock: "), SimulatedCuda::lastViolation);
        assertTrue(SimulatedCuda.lastViolation().contains("kernel test_deadlock, block (0,0,0)"));
        assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, cuCtxSynchronize());
        SimulatedCuda.reset();
        assertEquals(CUresult.CUDA_ERROR_LAUNCH_FAILED, run("test_part_of_a_warp", values, values, THREADS));
        assertTrue(SimulatedCuda.lastViolation().contains("part of a warp"), SimulatedCuda::lastViolation);
    }

    @Test
    void aKernelThatWritesPastTheEndEndsItsLaunch() {
        assumeFalse(SimulatedCuda.sanitized(), "the address sanitizer ends the process there");
        CUdeviceptr values = upload(ramp());
        assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run("test_write_past_the_end", values, values, THREADS));
        String past = "byte 512 of device memory of 512 bytes (kernel test_write_past_the_end, block (0,0,0),"
                + " thread (3,0,0))";
        assertTrue(SimulatedCuda.lastViolation().endsWith(past), SimulatedCuda::lastViolation);
    }

    @Test
    void aWriteThatNoPageCatchesSpoilsTheRedZone() {
        assumeFalse(SimulatedCuda.sanitized(), "the address sanitizer ends the process there");
        CUdeviceptr values = upload(1, 2, 3); // 4 bytes to the closed page
        assertEquals(CUresult.CUDA_ERROR_ILLEGAL_ADDRESS, run("test_write_past_the_end", values, values, 3));
        assertEquals(
                "kernel test_write_past_the_end wrote after an allocation of 12 bytes", SimulatedCuda.lastViolation());
    }

    @Test
    void queuedWorkWaitsAsLongAsItMay() {
        CUstream stream = new CUstream();
        ok(JCudaDriver.cuStreamCreate(stream, 1));
        CUdeviceptr values = upload(ramp());
        ok(launch("test_double", stream, values, values, THREADS));
        assertEquals(1, download(values, THREADS)[0], "this stream does not order itself with the default one");
        ok(JCudaDriver.cuStreamSynchronize(stream));
        assertEquals(2, download(values, THREADS)[0]);
        ok(JCudaDriver.cuStreamDestroy(stream));
    }

    /** Waiting for an event runs what lies before it and nothing that lies behind it. */
    @Test
    void anEventOrdersTwoStreams() {
        CUstream one = new CUstream();
        CUstream other = new CUstream();
        CUevent event = new CUevent();
        ok(JCudaDriver.cuStreamCreate(one, 1));
        ok(JCudaDriver.cuStreamCreate(other, 1));
        ok(JCudaDriver.cuEventCreate(event, 2));
        CUdeviceptr values = upload(ramp());
        CUdeviceptr seen = upload(ramp());
        ok(launch("test_double", one, values, values, THREADS));
        ok(JCudaDriver.cuEventRecord(event, one));
        ok(launch("test_double", one, values, values, THREADS));
        ok(JCudaDriver.cuStreamWaitEvent(other, event, 0));
        ok(JCudaDriver.cuMemcpyDtoDAsync(seen, values, 4 * THREADS, other));
        ok(JCudaDriver.cuStreamSynchronize(other));
        assertEquals(2, download(seen, THREADS)[0], "the first launch and not the second");
        ok(JCudaDriver.cuEventRecord(event, one));
        ok(JCudaDriver.cuEventSynchronize(event));
        assertEquals(4, download(values, THREADS)[0]);
        ok(JCudaDriver.cuEventDestroy(event));
        ok(JCudaDriver.cuStreamDestroy(one));
        ok(JCudaDriver.cuStreamDestroy(other));
    }

    @Test
    void aGraphIsRecordedAndReplayed() {
        long handles = SimulatedCuda.liveHandles();
        CUstream stream = new CUstream();
        ok(JCudaDriver.cuStreamCreate(stream, 0));
        CUdeviceptr values = upload(ramp());
        CUdeviceptr start = upload(ramp());
        ok(JCudaDriver.cuStreamBeginCapture(stream, 1));
        ok(JCudaDriver.cuMemcpyDtoDAsync(values, start, 4 * THREADS, stream));
        ok(launch("test_reverse", stream, values, values, THREADS));
        ok(launch("test_double", stream, values, values, 2));
        CUgraph graph = new CUgraph();
        ok(JCudaDriver.cuStreamEndCapture(stream, graph));
        CUgraphExec executable = new CUgraphExec();
        ok(JCudaDriver.cuGraphInstantiate(executable, graph, 0));
        ok(JCudaDriver.cuGraphDestroy(graph));
        assertArrayEquals(ramp(), download(values, THREADS), "capture runs nothing");
        for (int i = 0; i < 2; i++) {
            ok(JCudaDriver.cuGraphLaunch(executable, stream));
            ok(JCudaDriver.cuStreamSynchronize(stream));
            assertArrayEquals(new float[] {256, 254, 126}, Arrays.copyOf(download(values, THREADS), 3));
        }
        ok(cuMemFree(start));
        ok(JCudaDriver.cuGraphLaunch(executable, stream));
        assertNotEquals(0, JCudaDriver.cuStreamSynchronize(stream), "the graph reads freed memory");
        SimulatedCuda.reset();
        ok(JCudaDriver.cuGraphExecDestroy(executable));
        ok(JCudaDriver.cuStreamDestroy(stream));
        assertEquals(handles, SimulatedCuda.liveHandles());
    }

    @Test
    void aCaptureEndsWhereItMayNotWait() {
        CUstream stream = new CUstream();
        ok(JCudaDriver.cuStreamCreate(stream, 0));
        ok(JCudaDriver.cuStreamBeginCapture(stream, 1));
        assertEquals(CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, JCudaDriver.cuStreamSynchronize(stream));
        assertEquals(
                CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, JCudaDriver.cuStreamEndCapture(stream, new CUgraph()));
        ok(JCudaDriver.cuStreamDestroy(stream));
    }

    @Test
    void theKernelsOfTheRepositoryAreThere() {
        for (String kernel : new String[] {"sparse_forward", "sparse_backward", "sddmm", "sparse_update", "loss"}) {
            ok(cuModuleGetFunction(new CUfunction(), module, kernel));
        }
        int missing = cuModuleGetFunction(new CUfunction(), module, "no_such_kernel");
        assertEquals(CUresult.CUDA_ERROR_NOT_FOUND, missing);
    }
}
