package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Update;

/**
 * One optimizer step for the parameters of a layer.
 *
 * @param weightsAndBias for weights and biases
 * @param slopes for SReLU's parameters
 */
public record LayerUpdates(Backend.Updates weightsAndBias, Update slopes) {
    /** The step of an update; biases decay only where decay stands beside the step, slopes never. */
    public static LayerUpdates of(Update update) {
        Update withoutDecay = update.withoutDecay();
        Update bias = update.unscaledDecay() ? update : withoutDecay;
        return new LayerUpdates(new Backend.Updates(update, bias), withoutDecay);
    }
}
