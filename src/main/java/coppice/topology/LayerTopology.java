package coppice.topology;

import coppice.matrix.CsrPattern;
import org.jspecify.annotations.Nullable;

/**
 * The connections between two groups of neurons.
 *
 * @param outputs neurons that they lead to
 * @param inputs neurons that they come from
 * @param pattern which there are, (outputs, inputs); null where there are all
 */
public record LayerTopology(
        int outputs, int inputs, @Nullable CsrPattern pattern) {}
