/**
 * Which connections exist: how they are first drawn, which are cut, where new ones grow, and when.
 *
 * <p>Runs on the host only and knows no backend. Imports {@code matrix}, {@code random} and {@code parallel}.
 */
@NullMarked
package coppice.topology;

import org.jspecify.annotations.NullMarked;
