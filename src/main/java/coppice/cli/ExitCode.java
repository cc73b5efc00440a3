package coppice.cli;

/** What the program's exit codes mean. */
final class ExitCode {
    static final int DONE = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int BAD_DATA = 3;
    static final int BACKEND_UNAVAILABLE = 4;
    static final int DIVERGED = 5;
    /** Stopped with a checkpoint; run again with --resume. As EX_TEMPFAIL of sysexits.h. */
    static final int STOPPED = 75;

    private ExitCode() {}
}
