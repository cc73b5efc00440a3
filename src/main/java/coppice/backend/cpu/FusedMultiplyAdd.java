package coppice.backend.cpu;

/** Finds out whether the processor has a fused multiply-add instruction. */
final class FusedMultiplyAdd {
    private static final int ROUND = 20_000;
    private static final long TOO_SLOW_NANOS = 200L * ROUND;

    private FusedMultiplyAdd() {}

    /** Without the instruction Java computes fma with BigDecimal, in microseconds each. */
    static void require() {
        float sum = 0;
        long best = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 8 && best > TOO_SLOW_NANOS; attempt++) {
            long start = System.nanoTime();
            for (int i = 0; i < ROUND; i++) {
                sum = Math.fma(sum, 0.5f, i);
            }
            best = Math.min(best, System.nanoTime() - start);
        }
        if (best > TOO_SLOW_NANOS && sum >= 0) {
            throw new UnsupportedOperationException(
                    "this processor has no fused multiply-add instruction (x86: FMA3, AVX2 generation), which the CPU"
                            + " backend needs");
        }
    }
}
