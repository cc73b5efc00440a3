package coppice.model;

import coppice.backend.Backend;
import coppice.backend.Update;

/**
 * One optimizer step for the parameters of a layer.
 *
 * @param weightsAndBias for weights and biases
 * @param slopes for SReLU's parameters
 */
record LayerUpdates(Backend.Updates weightsAndBias, Update slopes) {
    static LayerUpdates of(Update update) {
        Update withoutDecay = update.withoutDecay();
        Update bias = update.unscaledDecay() ? update : withoutDecay;
        return new LayerUpdates(new Backend.Updates(update, bias), withoutDecay);
    }
}
