package coppice.backend.cuda;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Device memory for what is used at once, by one operation after the other; grows to what the greatest asks for.
 *
 * <p>What was outgrown is given back, which ends recorded steps: they may use it.
 */
final class Scratch {
    private final Device device;
    private final String what;
    private @Nullable DeviceMemory memory;

    /**
     * Takes nothing yet.
     *
     * @param what it is for, for messages
     */
    Scratch(Device device, String what) {
        this.device = device;
        this.what = what;
    }

    /** Memory of at least so many bytes, whose content is undefined. */
    DeviceMemory of(long bytes) {
        return of(bytes, () -> device.allocate(bytes, what));
    }

    /** As {@link #of}, for those who multiply what they find by zero: it was zero once. */
    DeviceMemory zeros(long bytes) {
        return of(bytes, () -> device.zeros(bytes, what));
    }

    private DeviceMemory of(long bytes, Supplier<DeviceMemory> taken) {
        DeviceMemory known = memory;
        if (known != null && known.bytes() >= bytes) {
            return known;
        }
        if (known != null) {
            device.synchronize();
            memory = null;
            device.free(known);
        }
        known = taken.get();
        memory = known;
        return known;
    }
}
