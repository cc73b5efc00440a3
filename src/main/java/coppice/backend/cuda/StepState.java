package coppice.backend.cuda;

import coppice.backend.Update;

/**
 * What changes from step to step, in device memory, so that a recorded step can be replayed (kernels/arguments.cuh).
 *
 * <p>Goes up from a ring of page-locked slots: the host may be as many steps ahead of the GPU as there are slots.
 */
final class StepState {
    static final int BYTES = 16;
    private static final int SLOTS = 256;

    private final Device device;
    private final DeviceMemory memory;
    private final PinnedMemory slots;
    private int next;
    private boolean held;
    private boolean known; // whether the device has what the fields say
    private int start;
    private int step;
    private float rate;
    private float secondCorrection;

    StepState(Device device) {
        this.device = device;
        this.memory = device.zeros(BYTES, "the state of a step");
        this.slots = device.pinned((long) BYTES * SLOTS, "the state of a step");
    }

    DeviceMemory memory() {
        return memory;
    }

    /** Sets all of it and lets no operation change it until {@link #release}. */
    void hold(int newStart, int newStep, float newRate, float newCorrection) {
        set(newStart, newStep, newRate, newCorrection);
        held = true;
    }

    void release() {
        held = false;
    }

    /** To be called once the stream is idle: all slots are free again. */
    void restart() {
        next = 0;
    }

    /** For an operation outside a step that takes a batch. */
    void start(int newStart) {
        set(newStart, step, rate, secondCorrection);
    }

    /** For an operation outside a step that draws random numbers. */
    void step(int newStep) {
        set(start, newStep, rate, secondCorrection);
    }

    /** For an operation outside a step that learns. */
    void update(Update update) {
        set(start, step, update.rate(), update.secondCorrection());
    }

    private void set(int newStart, int newStep, float newRate, float newCorrection) {
        boolean same = known
                && start == newStart
                && step == newStep
                && Float.compare(rate, newRate) == 0
                && Float.compare(secondCorrection, newCorrection) == 0;
        if (held || same) {
            return;
        }
        if (next == SLOTS) {
            device.synchronize(); // the slots are free again
            next = 0;
        }
        int at = next++ * BYTES;
        slots.buffer()
                .putInt(at, newStart)
                .putInt(at + 4, newStep)
                .putFloat(at + 8, newRate)
                .putFloat(at + 12, newCorrection);
        known = false;
        device.uploadAsync(memory, 0, slots.pointer().withByteOffset(at), BYTES, device.stream());
        start = newStart;
        step = newStep;
        rate = newRate;
        secondCorrection = newCorrection;
        known = true;
    }
}
