/**
 * The training loop, its settings, its state and its metrics.
 *
 * <p>May import everything but {@code report} and {@code cli}; it does not print.
 */
@NullMarked
package coppice.train;

import org.jspecify.annotations.NullMarked;
