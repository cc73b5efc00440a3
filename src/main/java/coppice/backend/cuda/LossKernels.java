package coppice.backend.cuda;

import coppice.backend.Loss;
import coppice.backend.Neurons;
import coppice.backend.Pass;
import coppice.backend.Totals;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import org.jspecify.annotations.Nullable;

/** The loss and its derivative. Twin of kernels/loss.cu and backend/cpu/LossKernels. */
final class LossKernels {
    private static final int TOTALS_BYTES = 24;
    private static final int THREADS = 32;

    private final Device device;
    private final Kernels kernels;
    private final StepState state;
    private final DeviceMemory totals;
    private final DeviceMemory blocksDone;
    private @Nullable DeviceMemory losses; // (batch)
    private @Nullable DeviceMemory correct; // (batch)

    LossKernels(Device device, Kernels kernels, StepState state) {
        this.device = device;
        this.kernels = kernels;
        this.state = state;
        this.totals = device.zeros(TOTALS_BYTES, "the totals");
        this.blocksDone = device.zeros(Integer.BYTES, "the totals");
    }

    /** Where losses are added up. */
    DeviceMemory totalsMemory() {
        return totals;
    }

    void probabilities(Loss loss, Neurons outputs, Pass pass) {
        launch("probabilities", loss, null, outputs, pass);
    }

    void loss(Loss loss, CudaSamples samples, Neurons outputs, Pass pass) {
        launch("loss", loss, samples, outputs, pass);
    }

    @SuppressWarnings("EnumOrdinal") // the order is that of kernels/arguments.cuh
    private void launch(String kernel, Loss loss, @Nullable CudaSamples samples, Neurons outputs, Pass pass) {
        CudaTensor z = (CudaTensor) outputs.output();
        losses = scratch(losses, z.columns());
        correct = scratch(correct, z.columns());
        kernels.arguments()
                .pointer(z.memory())
                .pointer(((CudaTensor) outputs.gradient()).memory())
                .pointer(samples == null ? null : samples.labels())
                .pointer(samples == null ? null : samples.order())
                .pointer(samples == null ? null : samples.classWeights())
                .pointer(losses)
                .pointer(correct)
                .pointer(blocksDone)
                .pointer(totals)
                .pointer(state.memory())
                .integer(z.rows())
                .integer(z.stride())
                .integer(pass.batch())
                .integer(loss.ordinal())
                .integer(pass.training())
                .integer(0);
        kernels.launch(kernel, (pass.batch() + THREADS - 1) / THREADS, 1, THREADS, 1);
    }

    private DeviceMemory scratch(@Nullable DeviceMemory memory, int batch) {
        long bytes = (long) batch * Float.BYTES;
        if (memory != null && memory.bytes() >= bytes) {
            return memory;
        }
        DeviceMemory larger = device.allocate(bytes, "the losses of a batch");
        if (memory != null) {
            device.synchronize();
            device.free(memory);
        }
        return larger;
    }

    Totals totals() {
        byte[] bytes = new byte[TOTALS_BYTES];
        device.synchronize();
        device.download(Pointer.to(bytes), totals, 0, TOTALS_BYTES);
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        return new Totals(fields.getDouble(0), fields.getLong(8), fields.getLong(16));
    }

    void setTotals(Totals start) {
        byte[] bytes = new byte[TOTALS_BYTES];
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.nativeOrder())
                .putDouble(0, start.loss())
                .putLong(8, start.correct())
                .putLong(16, start.samples());
        device.upload(totals, Pointer.to(bytes), TOTALS_BYTES);
    }
}
