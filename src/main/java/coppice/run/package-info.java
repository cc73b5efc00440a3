/**
 * What a run leaves on disk: its directory, manifest, metrics and safetensors files.
 *
 * <p>Everything a reader could see half-written goes through {@link coppice.run.AtomicFile}; everything that is JSON
 * goes through {@link coppice.run.Json}. Readers check each length, offset and index and answer a damaged file with
 * one {@link coppice.MalformedDataException}. Nothing here prints, trains or knows a backend.
 */
@NullMarked
package coppice.run;

import org.jspecify.annotations.NullMarked;
