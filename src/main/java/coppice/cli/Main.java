package coppice.cli;

import coppice.MalformedDataException;
import coppice.train.DivergedException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Starts the program: finds the command, runs it, and turns what it throws into one line and an exit code. */
public final class Main {
    /** All commands, in the order help shows them. */
    static final List<Command> COMMANDS = List.of(
            new TrainCommand(),
            new EvaluateCommand(),
            new PredictCommand(),
            new SampleCommand(),
            new InspectCommand(),
            new ExportCommand(),
            new ReportCommand(),
            new DataCommand(),
            new DevicesCommand(),
            new SelftestCommand());

    private Main() {}

    /** Runs a command and exits with its code. */
    public static void main(String[] words) {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        boolean terminal =
                Boolean.getBoolean("coppice.terminal"); // scripts/coppice knows; Java cannot ask about stderr
        StopRequest.ownProcess();
        int code = run(Arrays.asList(words), new Console(out, err, terminal));
        out.flush();
        StopRequest.exit(code);
    }

    /** Runs a command; returns its exit code. */
    static int run(List<String> words, Console console) {
        boolean verbose = words.contains("--verbose");
        try {
            return dispatch(words, console);
        } catch (UsageException e) {
            console.message("coppice: " + e.getMessage());
            console.message("coppice COMMAND --help lists what a command takes");
            return fail(e, ExitCode.USAGE, verbose, console);
        } catch (MalformedDataException e) {
            return report(e, ExitCode.BAD_DATA, verbose, console);
        } catch (BackendUnavailableException e) {
            return report(e, ExitCode.BACKEND_UNAVAILABLE, verbose, console);
        } catch (DivergedException e) {
            return report(e, ExitCode.DIVERGED, verbose, console);
        } catch (OutOfMemoryError e) {
            console.message("coppice: out of memory (" + e.getMessage()
                    + "): a smaller network or batch, or a larger heap (COPPICE_JAVA_OPTS=-Xmx...) is needed");
            return fail(e, ExitCode.FAILED, verbose, console);
        } catch (IOException | RuntimeException e) {
            return report(e, ExitCode.FAILED, verbose, console);
        }
    }

    private static int dispatch(List<String> words, Console console) throws IOException {
        if (words.isEmpty()) {
            console.message(Help.program(COMMANDS).stripTrailing());
            return ExitCode.USAGE;
        }
        String name = words.get(0);
        switch (name) {
            case "--help", "-h", "help" -> {
                console.result(Help.program(COMMANDS).stripTrailing());
                return ExitCode.DONE;
            }
            case "--version" -> {
                console.result("coppice " + Version.text());
                return ExitCode.DONE;
            }
            default -> {}
        }
        Command command = COMMANDS.stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException("there is no command '" + name + "'; coppice --help lists them"));
        Arguments arguments = Arguments.parse(command, words.subList(1, words.size()));
        if (arguments.wantsHelp()) {
            console.result(Help.command(command).stripTrailing());
            return ExitCode.DONE;
        }
        return command.run(arguments, console);
    }

    private static int report(Exception e, int code, boolean verbose, Console console) {
        Throwable cause = e instanceof UncheckedIOException ? Objects.requireNonNullElse(e.getCause(), e) : e;
        String message = cause instanceof FileSystemException fault
                ? describe(fault)
                : cause.getMessage() == null ? cause.toString() : cause.getMessage();
        console.message("coppice: " + message.lines().findFirst().orElse(e.toString()));
        return fail(e, code, verbose, console);
    }

    /** The file and what is wrong with it; some of these exceptions say that by their type alone. */
    private static String describe(FileSystemException fault) {
        String reason = fault.getReason();
        if (reason == null) {
            reason = fault instanceof NoSuchFileException
                    ? "there is no such file or directory"
                    : fault instanceof AccessDeniedException
                            ? "access is denied"
                            : fault.getClass().getSimpleName();
        }
        return fault.getFile() + ": " + reason;
    }

    private static int fail(Throwable e, int code, boolean verbose, Console console) {
        if (verbose) {
            e.printStackTrace(console.err());
        }
        return code;
    }
}
