package coppice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The pages of docs/commands say what the option table says.
 *
 * <p>{@code ./mvnw test -Dtest=CommandPagesTest -Dcoppice.write-pages=true} writes them anew.
 */
class CommandPagesTest {
    private static final Path PAGES = Path.of("docs", "commands");
    private static final boolean WRITE = Boolean.getBoolean("coppice.write-pages");

    @TestFactory
    Stream<DynamicTest> everyPageSaysWhatHelpSays() {
        return Main.COMMANDS.stream()
                .map(command -> DynamicTest.dynamicTest(command.name(), () -> {
                    Path file = PAGES.resolve(command.name() + ".md");
                    String page = page(command);
                    if (WRITE) {
                        Files.createDirectories(PAGES);
                        Files.writeString(file, page);
                    }
                    assertTrue(Files.exists(file), file + " is missing");
                    assertEquals(page, Files.readString(file), file + " is out of date");
                }));
    }

    @Test
    void noPageIsLeftOfACommandThatIsGone() throws IOException {
        Set<String> names = Main.COMMANDS.stream()
                .map(command -> command.name() + ".md")
                .collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> files = Files.list(PAGES)) {
            Set<String> pages =
                    files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
            assertEquals(names, pages);
        }
    }

    private static String page(Command command) {
        StringBuilder page = new StringBuilder("# coppice " + command.name() + "\n\n");
        page.append("```\ncoppice ")
                .append(command.name())
                .append(' ')
                .append(command.usage())
                .append("\n```\n\n");
        page.append("```\n").append(command.details()).append("\n```\n");
        List<String> groups =
                command.options().stream().map(CommandOption::group).distinct().toList();
        for (String group : groups) {
            page.append("\n## ").append(group).append("\n\n| option | default | |\n|---|---|---|\n");
            command.options().stream()
                    .filter(option -> option.group().equals(group))
                    .forEach(option -> page.append(row(option)));
        }
        return page.toString();
    }

    private static String row(CommandOption option) {
        String argument = option.argument() == null ? "" : " " + option.argument();
        String value = option.defaultValue() == null ? "" : "`" + option.defaultValue() + "`";
        return "| `--" + (option.name() + argument).replace("|", "\\|") + "` | " + value + " | "
                + option.help().replace("|", "\\|") + " |\n";
    }
}
