/**
 * Networks as trained: their shape, first weights, layers and optimizers.
 *
 * <p>Imports {@code backend}, {@code topology}, {@code matrix}, {@code random} and {@code parallel}.
 */
@NullMarked
package coppice.model;

import org.jspecify.annotations.NullMarked;
