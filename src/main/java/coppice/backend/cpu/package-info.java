/**
 * The CPU backend, EXACT tier: plain-Java kernels, and in {@code vector} their Vector API twins.
 *
 * <p>Each kernel class works on a range of rows on one thread; {@link coppice.backend.cpu.CpuBackend} shares ranges
 * out. Imports {@code backend}, {@code matrix}, {@code random} and {@code parallel}.
 */
@NullMarked
package coppice.backend.cpu;

import org.jspecify.annotations.NullMarked;
