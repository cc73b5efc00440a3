package coppice.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** A program that launches a kernel which writes just past its memory. */
final class WritePastTheEnd {
    private static final int COUNT = 5; // floats; up to 12 bytes behind them no closed page guards

    private WritePastTheEnd() {}

    /** Ends with status 0 if nobody minds. */
    public static void main(String[] words) {
        SimulatedCuda.load();
        try (Device device = Device.open(0)) {
            DeviceMemory memory = device.zeros(COUNT * Float.BYTES, "values");
            CUmodule module = new CUmodule();
            CUfunction function = new CUfunction();
            Device.check(
                    JCudaDriver.cuModuleLoadData(module, ".version 7.0\n.target sm_75\n.address_size 64\n"), "loading");
            Device.check(JCudaDriver.cuModuleGetFunction(function, module, "test_write_past_the_end"), "looking");
            ByteBuffer struct = ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder());
            struct.putLong(memory.address()).putLong(memory.address()).putInt(COUNT);
            Pointer arguments = Pointer.to(Pointer.to(struct));
            Device.check(
                    JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, device.stream(), arguments, null),
                    "starting");
            device.synchronize();
        }
    }
}
