package coppice.backend.cuda;

import coppice.backend.Backend.Step;
import coppice.backend.Update;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jcuda.driver.CUgraphExec;
import org.jspecify.annotations.Nullable;

/**
 * Steps as recorded graphs: made operation by operation the first time, which takes the memory it needs; recorded the
 * second time; replayed from then on.
 */
final class StepGraphs implements AutoCloseable {
    private final Device device;
    private final StepState state;
    private final Map<Key, Kind> made = new HashMap<>();
    private final Set<StreamedFeatures> reading = new LinkedHashSet<>(); // by the step under way
    private long freed; // how often the device gave memory back before these

    StepGraphs(Device device, StepState state) {
        this.device = device;
        this.state = state;
    }

    /** What a recorded step holds fixed. */
    private record Key(
            Object operations,
            int batch,
            boolean training,
            @Nullable Update update) {
        static Key of(Step step) {
            Update update = step.update();
            return new Key(
                    step.operations(),
                    step.pass().batch(),
                    step.pass().training(),
                    update == null ? null : update.withoutRate());
        }
    }

    /**
     * A kind of step that was made.
     *
     * @param streamed the data that it reads batch by batch
     * @param recorded the step as a graph, for each combination of the slots that these batches are in
     */
    private record Kind(List<StreamedFeatures> streamed, Map<Integer, CUgraphExec> recorded) {}

    /** Notes that the step under way takes its batch from streamed features, if it does. */
    void reads(@Nullable StreamedFeatures streamed) {
        if (streamed != null) {
            reading.add(streamed);
        }
    }

    void run(Step step, Runnable operations) {
        Update update = step.update();
        state.hold(
                step.start(),
                step.pass().step(),
                update == null ? 0 : update.rate(),
                update == null ? 0 : update.secondCorrection());
        try {
            forgetStale();
            Key key = Key.of(step);
            Kind kind = made.get(key);
            if (kind != null) {
                replay(kind, step, operations);
                return;
            }
            reading.clear();
            operations.run();
            forgetStale();
            made.put(key, new Kind(List.copyOf(reading), new HashMap<>())); // not before it has taken all its memory
        } finally {
            state.release();
        }
    }

    private void replay(Kind kind, Step step, Runnable operations) {
        try {
            int slots = 0;
            for (StreamedFeatures streamed : kind.streamed) {
                slots = 2 * slots + streamed.hold(step.start(), step.pass().batch());
            }
            CUgraphExec graph = kind.recorded.get(slots);
            if (graph == null) {
                graph = device.capture(operations);
                kind.recorded.put(slots, graph);
            }
            device.launch(graph);
            kind.streamed.forEach(StreamedFeatures::used);
        } finally {
            kind.streamed.forEach(StreamedFeatures::release);
        }
    }

    /** Forgets all recordings if memory was given back since: it may be what they work on. */
    private void forgetStale() {
        if (freed != device.freed()) {
            forget();
            freed = device.freed();
        }
    }

    /** Forgets all recordings: operations are other ones from now on. */
    void forget() {
        if (!made.isEmpty()) {
            device.synchronize(); // a graph at work must not be destroyed
        }
        close();
    }

    @Override
    public void close() {
        made.values().forEach(kind -> kind.recorded.values().forEach(device::destroy));
        made.clear();
    }
}
