/**
 * A fixed pool of threads that share out indexed tasks, for the CPU backend and for topology.
 *
 * <p>Imports no other package. Nothing computed here may depend on how tasks fall to threads.
 */
@NullMarked
package coppice.parallel;

import org.jspecify.annotations.NullMarked;
