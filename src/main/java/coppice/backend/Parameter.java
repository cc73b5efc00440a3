package coppice.backend;

import java.util.List;

/**
 * A dense tensor that is learned, with the optimizer's state for it.
 *
 * @param value the parameter itself
 * @param state one tensor of the same shape for each buffer of the optimizer (momentum SGD: the velocity)
 */
public record Parameter(Tensor value, List<Tensor> state) {
    /** Takes a copy of the list. */
    public Parameter {
        state = List.copyOf(state);
    }
}
