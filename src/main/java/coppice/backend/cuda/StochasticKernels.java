package coppice.backend.cuda;

import coppice.backend.Bernoulli;
import coppice.backend.Joined;
import coppice.backend.Pass;
import coppice.backend.Tensor;
import org.jspecify.annotations.Nullable;

/** Units with two states. Twin of kernels/stochastic.cu and backend/cpu/StochasticKernels. */
final class StochasticKernels {
    private static final int LANES = 32;

    private final Kernels kernels;
    private final StepState state;
    private final DeviceMemory totals;

    StochasticKernels(Kernels kernels, StepState state, DeviceMemory totals) {
        this.kernels = kernels;
        this.state = state;
        this.totals = totals;
    }

    void sample(Bernoulli units, CudaTensor z, @Nullable CudaTensor states, Pass pass) {
        kernels.arguments()
                .pointer(z.memory())
                .pointer(memory(states))
                .pointer(memory(units.bias()))
                .pointer(memory(units.base()))
                .pointer(state.memory())
                .wide(units.seed())
                .integer(z.rows())
                .integer(z.stride())
                .integer(states == null ? 0 : states.stride())
                .integer(pass.batch())
                .integer(units.purposeWord())
                .number(units.scale())
                .integer(units.logistic())
                .integer(0);
        kernels.launchByRows("sample_units", z.rows());
    }

    private static @Nullable DeviceMemory memory(@Nullable Tensor tensor) {
        return tensor == null ? null : ((CudaTensor) tensor).memory();
    }

    void join(Joined joined) {
        CudaTensor a = (CudaTensor) joined.a();
        CudaTensor b = (CudaTensor) joined.b();
        CudaTensor out = (CudaTensor) joined.out();
        kernels.arguments()
                .pointer(a.memory())
                .pointer(b.memory())
                .pointer(out.memory())
                .integer(a.rows())
                .integer(a.stride())
                .integer(b.stride())
                .integer(out.stride())
                .integer(joined.aCount())
                .integer(joined.bCount())
                .number(joined.aFactor())
                .number(joined.bFactor());
        kernels.launchByRows("join", a.rows());
    }

    void squaredError(CudaTensor target, CudaTensor output, Pass pass) {
        kernels.arguments()
                .pointer(target.memory())
                .pointer(output.memory())
                .pointer(totals)
                .integer(target.rows())
                .integer(target.stride())
                .integer(output.stride())
                .integer(pass.batch());
        kernels.launch("squared_error", 1, 1, LANES * LANES, 1);
    }

    void anneal(CudaTensor z, CudaTensor v, CudaTensor difference, float low, float high, CudaSums sums, Pass pass) {
        kernels.arguments()
                .pointer(z.memory())
                .pointer(v.memory())
                .pointer(difference.memory())
                .pointer(sums.memory())
                .integer(z.rows())
                .integer(v.rows())
                .integer(z.stride())
                .integer(v.stride())
                .integer(pass.batch())
                .number(low)
                .number(high)
                .integer(0);
        kernels.launch("anneal", (pass.batch() + LANES - 1) / LANES, 1, LANES, LANES);
    }
}
