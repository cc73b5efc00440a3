// A driver whose GPUs the environment describes.
#include <stdlib.h>
#include <string.h>

static int setting(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value ? atoi(value) : otherwise;
}

static void *current;

int cuDriverGetVersion(int *version) {
    *version = setting("STANDIN_CUDA", 12020);
    return 0;
}

int cuInit(unsigned flags) { return setting("STANDIN_INIT", 0); }

int cuGetErrorName(int error, const char **name) {
    *name = error == 100 ? "CUDA_ERROR_NO_DEVICE" : error == 34 ? "CUDA_ERROR_STUB_LIBRARY" : NULL;
    return *name ? 0 : 1;
}

int cuDeviceGetCount(int *count) {
    *count = setting("STANDIN_GPUS", 1);
    return 0;
}

int cuDeviceGet(int *device, int index) {
    *device = index;
    return 0;
}

int cuDeviceGetName(char *name, int length, int device) {
    strncpy(name, device == 0 ? "Stand-in" : "Second stand-in", length);
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    // Compute capability: 75 is its major number, 76 its minor one. The second GPU is an old one.
    *value = attribute == 75 ? (device == 0 ? setting("STANDIN_MAJOR", 9) : 6) : attribute == 76 ? 0 : -1;
    return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = (size_t)8 << 30;
    return 0;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
    *context = &current;
    return device == 0 ? 0 : 46; // the second GPU belongs to another process
}

int cuDevicePrimaryCtxRelease_v2(int device) { return current ? 1 : 0; }

int cuCtxGetCurrent(void **context) {
    *context = current;
    return 0;
}

int cuCtxSetCurrent(void *context) {
    current = context;
    return 0;
}

int cuMemGetInfo_v2(size_t *free_bytes, size_t *total_bytes) {
    if (!current) {
        return 201;
    }
    *free_bytes = (size_t)6 << 30;
    *total_bytes = (size_t)8 << 30;
    return 0;
}
