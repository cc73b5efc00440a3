/**
 * The operations that training needs, as an interface over opaque handles, with one implementation a device.
 *
 * <p>Activations are {@code (neurons, batch)}, row-major. Every operation states its order of summation; a backend of
 * the EXACT tier computes the bits that order gives. Imports {@code matrix} only.
 */
@NullMarked
package coppice.backend;

import org.jspecify.annotations.NullMarked;
