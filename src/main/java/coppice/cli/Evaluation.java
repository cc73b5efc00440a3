package coppice.cli;

import java.util.List;
import java.util.Map;

/** What {@code evaluate} found out about a model. */
interface Evaluation {
    /** For programs. */
    Map<String, Object> json();

    /** For people. */
    List<String> lines();
}
