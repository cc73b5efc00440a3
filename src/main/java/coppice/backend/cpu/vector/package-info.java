/**
 * Vector API twins of the kernels in {@code backend.cpu}: the same bits, several times as fast.
 *
 * <p>Compiled apart and loaded by name, so that everything works where the incubating module is absent.
 */
@NullMarked
package coppice.backend.cpu.vector;

import org.jspecify.annotations.NullMarked;
