/**
 * Random numbers without state: Philox counters, so that no thread, order or backend changes a draw.
 *
 * <p>Imports no other package.
 */
@NullMarked
package coppice.random;

import org.jspecify.annotations.NullMarked;
