package coppice.backend.cuda;

/**
 * Which products NVIDIA's libraries compute in place of our own exact kernels.
 *
 * <p>CLOSE tier: their order of summation is not documented, so results are close to those of the exact kernels but not
 * their bits, and need not be the same from run to run.
 *
 * @param cusparse whether cuSPARSE has the products of sparse layers
 * @param cublas whether cuBLAS has the products of dense layers
 * @param tf32 whether cuBLAS may round factors to TF32, 10 bits of mantissa; else it computes in full FP32
 */
public record ProductLibraries(boolean cusparse, boolean cublas, boolean tf32) {
    /** Our own kernels only: the CPU's bits. */
    public static final ProductLibraries NONE = new ProductLibraries(false, false, false);

    /** Refuses TF32 without cuBLAS. */
    public ProductLibraries {
        if (tf32 && !cublas) {
            throw new IllegalArgumentException("TF32 is a way of cuBLAS");
        }
    }

    /** Whether our own kernels compute everything. */
    public boolean exact() {
        return !cusparse && !cublas;
    }

    /**
     * Loads what is asked for.
     *
     * @throws CudaUnavailableException if one of them cannot be
     */
    void require() {
        if (cusparse) {
            NativeLibraries.cusparse().require();
        }
        if (cublas) {
            NativeLibraries.cublas().require();
        }
    }

    /** In words, with the versions of loaded libraries. */
    String describe() {
        if (exact()) {
            return "exact kernels";
        }
        StringBuilder words = new StringBuilder(cusparse && cublas ? "" : "exact kernels, ");
        if (cusparse) {
            words.append("cuSPARSE ").append(NativeLibraries.cusparse().version());
        }
        if (cublas) {
            words.append(cusparse ? ", " : "")
                    .append("cuBLAS ")
                    .append(NativeLibraries.cublas().version())
                    .append(tf32 ? " in TF32" : "");
        }
        return words.toString();
    }
}
