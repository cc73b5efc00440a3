package coppice.backend;

import coppice.matrix.CsrPattern;

/** A learned sparse weight matrix {@code (outputs, inputs)} that a backend holds, with the optimizer's state for it. */
public interface SparseTensor {
    /** Which connections exist; replaced by {@link Backend#rewire}. */
    CsrPattern pattern();
}
