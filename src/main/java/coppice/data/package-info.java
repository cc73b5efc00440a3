/**
 * Data sets: readers of the usual file formats, normalization, splits, and the catalogue of known data sets.
 *
 * <p>Readers trust no length, index or number that a file states; every fault of a file is one
 * {@link coppice.MalformedDataException}. Imports {@code matrix} and {@code random} only, and prints nothing.
 */
@NullMarked
package coppice.data;

import org.jspecify.annotations.NullMarked;
