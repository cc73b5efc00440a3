package coppice.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a restricted Boltzmann machine knows of its visible units, on the host.
 *
 * @param bias one a visible unit
 * @param biasState the optimizer's buffers for the biases
 * @param baseBias biases of the base-rate model: the machine without weights that fits the training samples
 * @param chains states of the hidden units of persistent chains, (hidden, chains) row-major; null without them
 */
@SuppressWarnings("ArrayRecordComponent") // views of what a backend holds, not compared
public record VisibleUnits(float[] bias, List<float[]> biasState, float[] baseBias, float @Nullable [] chains) {}
