package coppice.backend.cuda;

import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;

/** Loads what its argument lists and prints a line each. */
final class NativeLibrariesProgram {
    private NativeLibrariesProgram() {}

    public static void main(String[] arguments) {
        String loaded = System.getProperty("test.loaded");
        if (loaded != null) {
            System.load(loaded);
        }
        String[] words = arguments[0].split(";", -1);
        String temporary = System.getProperty("java.io.tmpdir");
        if (words.length > 1) {
            temporary = words[1];
            System.setProperty("java.io.tmpdir", temporary);
        }
        for (String what : words[0].split(",", -1)) {
            try {
                show(what);
            } catch (CudaUnavailableException e) {
                System.out.println("off: " + e.reason());
            }
        }
        if (!temporary.equals(System.getProperty("java.io.tmpdir"))) {
            throw new AssertionError("java.io.tmpdir has changed");
        }
    }

    private static void show(String what) {
        switch (what) {
            case "devices" -> {
                CudaDevices found = CudaDevices.find();
                if (found.fault() != null) {
                    throw new CudaUnavailableException(found.fault());
                }
                for (CudaDevice device : found.devices()) {
                    String free = device.freeBytes().isPresent()
                            ? String.valueOf(device.freeBytes().getAsLong())
                            : "unknown";
                    System.out.println("GPU " + device.index() + " " + device.name() + " " + device.computeCapability()
                            + " " + device.totalBytes() + " " + free);
                }
            }
            case "cusparse" -> show(NativeLibraries.cusparse());
            case "cublas" -> {
                show(NativeLibraries.cublas());
                System.out.println("sgemm " + multiply());
            }
            default -> throw new IllegalArgumentException(what);
        }
    }

    private static void show(NativeLibrary library) {
        library.require();
        System.out.println(library.name() + " " + library.version() + " " + library.file());
    }

    /** Sends arguments that the stand-in knows; gives its result. */
    private static int multiply() {
        cublasHandle handle = new cublasHandle();
        int created = JCublas2.cublasCreate(handle);
        if (created != 0) {
            return created;
        }
        Pointer one = Pointer.to(new float[] {1});
        Pointer nowhere = new Pointer();
        return JCublas2.cublasSgemm(
                handle,
                cublasOperation.CUBLAS_OP_N,
                cublasOperation.CUBLAS_OP_T,
                2,
                3,
                4,
                one,
                nowhere,
                5,
                nowhere,
                6,
                one,
                nowhere,
                7);
    }
}
