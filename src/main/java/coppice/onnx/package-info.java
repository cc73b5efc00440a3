/**
 * Models as ONNX files, which other runtimes execute.
 *
 * <p>Source: the message definitions and operators of the ONNX standard. The few messages are encoded here rather than
 * by generated classes, which would be several times the size of the rest of this program and would hold each weight in
 * memory a second time.
 */
@NullMarked
package coppice.onnx;

import org.jspecify.annotations.NullMarked;
