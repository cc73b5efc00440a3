/**
 * The CUDA backend: NVIDIA's libraries, found and loaded through JCuda, and the kernels in {@code kernels}.
 *
 * <p>The only package that imports JCuda. Imports {@code backend} and {@code matrix}.
 */
@NullMarked
package coppice.backend.cuda;

import org.jspecify.annotations.NullMarked;
