/**
 * Coppice trains neural networks that are sparse from the first step to the last.
 *
 * <p>This package holds only the exception types that every layer shares; it imports nothing.
 */
@NullMarked
package coppice;

import org.jspecify.annotations.NullMarked;
