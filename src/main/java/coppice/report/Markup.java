package coppice.report;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Builds a page that is HTML and well-formed XML at once.
 *
 * <p>All texts and attribute values pass through one escape, so that nothing in a run's files can become markup.
 */
final class Markup {
    private static final Set<String> VOID = Set.of("meta"); // HTML elements that have no end tag
    private static final int REPLACEMENT = 0xFFFD;

    private final StringBuilder text = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /** Opens an element; attributes are names and values in turn. */
    Markup open(String element, String... attributes) {
        text.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            text.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            text.append('"');
        }
        if (VOID.contains(element)) {
            text.append("/>");
        } else {
            text.append('>');
            open.push(element);
        }
        return this;
    }

    /** Closes the innermost element. */
    Markup close() {
        text.append("</").append(open.pop()).append('>');
        return this;
    }

    /** Closes the innermost element and ends the line. */
    Markup closeLine() {
        close();
        text.append('\n');
        return this;
    }

    Markup text(String content) {
        escape(content);
        return this;
    }

    /** An element that holds text only. */
    Markup element(String element, String content, String... attributes) {
        return open(element, attributes).text(content).close();
    }

    /** An element that holds nothing. */
    Markup empty(String element, String... attributes) {
        open(element, attributes);
        return VOID.contains(element) ? this : close();
    }

    /** A style sheet, which must not hold what would need an escape. */
    Markup style(String sheet) {
        if (sheet.contains("<") || sheet.contains("&")) {
            throw new IllegalArgumentException("a style sheet must not contain < or &");
        }
        open("style");
        text.append(sheet);
        return closeLine();
    }

    private void escape(String content) {
        content.codePoints().forEach(c -> {
            switch (c) {
                case '<' -> text.append("&lt;");
                case '>' -> text.append("&gt;");
                case '&' -> text.append("&amp;");
                case '"' -> text.append("&quot;");
                case '\'' -> text.append("&#39;");
                default -> text.appendCodePoint(isXml(c) ? c : REPLACEMENT);
            }
        });
    }

    /** The characters that XML 1.0 allows, less the C1 controls, which HTML does not. */
    private static boolean isXml(int c) {
        return c == '\t'
                || c == '\n'
                || (c >= 0x20 && c < 0x7F)
                || (c >= 0xA0 && c <= 0xD7FF)
                || (c >= 0xE000 && c <= 0xFFFD)
                || c >= 0x10000;
    }

    /** The whole text; every element must be closed. */
    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("elements " + open + " are open");
        }
        return text.toString();
    }
}
