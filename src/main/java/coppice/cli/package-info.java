/**
 * The command line: parses, chooses a backend, shows progress and results, and turns failures into exit codes.
 *
 * <p>The only package that prints or exits; may import everything.
 */
@NullMarked
package coppice.cli;

import org.jspecify.annotations.NullMarked;
