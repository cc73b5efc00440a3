/**
 * Plain matrices on the host: dense, unsigned bytes, and compressed sparse rows.
 *
 * <p>They hold data and check their structure; arithmetic belongs to a backend. Imports no other package.
 */
@NullMarked
package coppice.matrix;

import org.jspecify.annotations.NullMarked;
