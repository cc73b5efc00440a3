package coppice.backend.cuda;

import coppice.backend.Backend.Step;
import coppice.backend.Update;
import java.util.HashMap;
import java.util.HashSet;
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
    private final Set<Key> made = new HashSet<>();
    private final Map<Key, CUgraphExec> recorded = new HashMap<>();
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
            CUgraphExec graph = recorded.get(key);
            if (graph == null && !made.contains(key)) {
                operations.run();
                forgetStale();
                made.add(key); // not before it has taken all its memory
                return;
            }
            if (graph == null) {
                graph = device.capture(operations);
                recorded.put(key, graph);
            }
            device.launch(graph);
        } finally {
            state.release();
        }
    }

    /** Forgets all recordings if memory was given back since: it may be what they work on. */
    private void forgetStale() {
        if (freed == device.freed()) {
            return;
        }
        if (!recorded.isEmpty()) {
            device.synchronize(); // a graph at work must not be destroyed
            recorded.values().forEach(device::destroy);
            recorded.clear();
        }
        made.clear();
        freed = device.freed();
    }

    @Override
    public void close() {
        recorded.values().forEach(device::destroy);
        recorded.clear();
    }
}
