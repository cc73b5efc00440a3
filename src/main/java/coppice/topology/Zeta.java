package coppice.topology;

/** The range of a drop fraction. */
final class Zeta {
    private Zeta() {}

    static void require(double zeta) {
        if (!(zeta >= 0 && zeta < 1)) {
            throw new IllegalArgumentException("zeta must be in [0, 1) but was " + zeta);
        }
    }
}
