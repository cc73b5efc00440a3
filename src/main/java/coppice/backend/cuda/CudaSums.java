package coppice.backend.cuda;

import coppice.backend.Sums;

/** Sums in device memory. */
record CudaSums(DeviceMemory memory, int columns) implements Sums {}
