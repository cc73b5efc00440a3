package coppice.benchmark;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The least work of the operations measured, shown by JMH as units of 10^9 a second. */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.OPERATIONS)
public class Work {
    /** Floating-point operations; an fma is two. */
    public double gigaFlops;

    /** Bytes moved when each array is read or written once. */
    public double gigaBytes;

    void add(double operations, double bytes) {
        gigaFlops += operations * 1e-9;
        gigaBytes += bytes * 1e-9;
    }
}
