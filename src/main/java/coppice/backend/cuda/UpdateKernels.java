package coppice.backend.cuda;

import coppice.backend.Parameter;
import coppice.backend.Tensor;
import coppice.backend.Update;
import java.util.List;

/** Optimizer steps. Twin of kernels/optimizer.cu and kernels/reduce.cu and of backend/cpu/UpdateKernels. */
final class UpdateKernels {
    private static final int THREADS = 256;

    private final Kernels kernels;
    private final StepState state;

    UpdateKernels(Kernels kernels, StepState state) {
        this.kernels = kernels;
        this.state = state;
    }

    /** A dense parameter learns from its gradient, element by element. */
    void learn(Parameter parameter, DeviceMemory gradient, Update update) {
        CudaTensor value = (CudaTensor) parameter.value();
        Arguments arguments = kernels.arguments();
        writeParameter(arguments, parameter);
        learn(arguments, gradient, Math.multiplyExact(value.rows(), value.stride()), update);
    }

    /** Sparse weights, at least one, learn from their gradient, a number a connection. */
    void learn(CudaSparseTensor w, DeviceMemory gradient, Update update) {
        Arguments arguments =
                kernels.arguments().pointer(w.values()).pointer(w.state(0)).pointer(w.state(1));
        learn(arguments, gradient, w.pattern().connections(), update);
    }

    private void learn(Arguments arguments, DeviceMemory gradient, int count, Update update) {
        arguments.pointer(gradient).pointer(state.memory());
        write(arguments, update);
        arguments.integer(count).integer(0);
        kernels.launch("update_array", (count - 1) / THREADS + 1, 1, THREADS, 1);
    }

    /** Biases learn from the sums of dz over the batch. */
    void learnBias(Parameter bias, CudaTensor dz, Update update, int batch) {
        Arguments arguments = kernels.arguments();
        writeParameter(arguments, bias);
        arguments.pointer(dz.memory()).pointer(state.memory());
        write(arguments, update);
        arguments.integer(dz.rows()).integer(dz.stride()).integer(batch).integer(0);
        kernels.launchByRows("update_bias", dz.rows());
    }

    /** Carries a state buffer over to a new topology: to[k] = from[origin[k]], or 0 where origin[k] is negative. */
    void carry(DeviceMemory from, DeviceMemory origin, DeviceMemory to, int count) {
        kernels.arguments()
                .pointer(from)
                .pointer(origin)
                .pointer(to)
                .integer(count)
                .integer(0);
        kernels.launch("carry_state", (int) (((long) count + THREADS - 1) / THREADS), 1, THREADS, 1);
    }

    /** Writes the pointers to a parameter and two state buffers. */
    static void writeParameter(Arguments arguments, Parameter parameter) {
        List<Tensor> buffers = parameter.state();
        arguments.pointer(((CudaTensor) parameter.value()).memory());
        for (int buffer = 0; buffer < 2; buffer++) {
            arguments.pointer(buffer < buffers.size() ? ((CudaTensor) buffers.get(buffer)).memory() : null);
        }
    }

    /** Writes the struct UpdateArguments. */
    @SuppressWarnings("EnumOrdinal") // the order is that of kernels/arguments.cuh
    static void write(Arguments arguments, Update update) {
        arguments
                .integer(update.kind().ordinal())
                .number(update.momentum())
                .number(update.decay())
                .integer(update.unscaledDecay())
                .number(update.beta2())
                .number(update.epsilon());
    }
}
