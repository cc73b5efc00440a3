package coppice.backend.cpu;

/**
 * Makes the incubating Vector API available at run time.
 *
 * <p>The JVM prints a warning at each start with {@code --add-modules}; a module that the JDK's own loader adds later
 * is as fast and silent. The manifest of the jar exports that loader to us.
 */
final class VectorModule {
    private static final String NAME = "jdk.incubator.vector";

    private VectorModule() {}

    /** Whether the module is there, loaded now if need be. Comes before any class that uses the Vector API. */
    static boolean load() {
        if (ModuleLayer.boot().findModule(NAME).isPresent()) {
            return true;
        }
        try {
            Class.forName("jdk.internal.module.Modules")
                    .getMethod("loadModule", String.class)
                    .invoke(null, NAME);
            return true;
        } catch (ReflectiveOperationException e) { // not exported to us, or a Java without the module
            return false;
        }
    }
}
