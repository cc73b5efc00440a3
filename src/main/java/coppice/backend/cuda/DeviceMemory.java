package coppice.backend.cuda;

import jcuda.driver.CUdeviceptr;

/** A piece of device memory; {@link Device} owns it. */
final class DeviceMemory {
    private final Address address = new Address();
    private final long bytes;

    DeviceMemory(long bytes) {
        this.bytes = bytes;
    }

    /** The pointer that JCuda's calls take. */
    CUdeviceptr pointer() {
        return address;
    }

    /** The address as a kernel sees it. */
    long address() {
        return address.value();
    }

    long bytes() {
        return bytes;
    }

    /** JCuda shows the number of a pointer to subclasses only. */
    private static final class Address extends CUdeviceptr {
        long value() {
            return getNativePointer();
        }
    }
}
