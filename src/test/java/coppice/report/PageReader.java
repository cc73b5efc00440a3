package coppice.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** Reads a page as XML and turns what is drawn back into numbers by the labels of the axes. */
public final class PageReader {
    private static final Pattern NUMBER = Pattern.compile("-?[0-9.]+");
    private static final double CHARACTER = 7.2; // mean width of a character of 12 units in a wide font

    private final Element root;

    /** Checks that a page is well-formed, needs nothing else, and has sane drawings. */
    public PageReader(String html) throws Exception {
        assertTrue(html.startsWith("<!DOCTYPE html>\n<html lang=\"en\""), html.substring(0, 40));
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        Document document =
                factory.newDocumentBuilder().parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
        root = document.getDocumentElement();
        requireSelfContained();
        for (Element figure : elements("figure")) {
            requireSaneDrawing(figure);
        }
    }

    private void requireSelfContained() {
        for (String element : List.of("script", "link", "img", "iframe", "object", "image", "use", "a", "base")) {
            assertEquals(List.of(), elements(element), element);
        }
        for (Element element : elements("*")) {
            for (int i = 0; i < element.getAttributes().getLength(); i++) {
                String name = element.getAttributes().item(i).getNodeName();
                assertFalse(
                        name.startsWith("on")
                                || List.of("src", "href", "style", "xlink:href").contains(name),
                        name);
            }
        }
        String style = elements("style").get(0).getTextContent();
        assertFalse(style.contains("url(") || style.contains("@import"), style);
    }

    /** Every coordinate is a number within the drawing, and no label sticks out. */
    private static void requireSaneDrawing(Element figure) {
        for (Element drawing : under(figure, "svg")) {
            String[] box = drawing.getAttribute("viewBox").split(" ", -1);
            double width = Double.parseDouble(box[2]);
            double height = Double.parseDouble(box[3]);
            for (Element path : under(drawing, "path")) {
                assertFalse(path.getAttribute("d").matches(".*(NaN|Infinity).*"), path.getAttribute("d"));
            }
            for (Element circle : under(drawing, "circle")) {
                assertTrue(number(circle, "cx") >= 0 && number(circle, "cx") <= width);
                assertTrue(number(circle, "cy") >= 0 && number(circle, "cy") <= height);
            }
            for (Element text : under(drawing, "text")) {
                double length = CHARACTER * text.getTextContent().length();
                double anchor = number(text, "x");
                double left = switch (text.getAttribute("text-anchor")) {
                    case "end" -> anchor - length;
                    case "middle" -> anchor - length / 2;
                    default -> anchor;
                };
                assertTrue(left >= -2 && left + length <= width + 2, text.getTextContent() + " is cut");
                assertTrue(number(text, "y") >= 9 && number(text, "y") <= height);
            }
        }
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    private static List<Element> under(Element element, String name) {
        NodeList nodes = element.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    /** The elements of a name. */
    public List<Element> elements(String name) {
        return under(root, name);
    }

    /** All text of the page. */
    public String text() {
        return root.getTextContent();
    }

    /** The titles of all figures. */
    public List<String> figures() {
        return elements("figure").stream()
                .map(figure -> under(figure, "strong").get(0).getTextContent())
                .toList();
    }

    Element figure(String title) {
        return elements("figure").stream()
                .filter(figure ->
                        under(figure, "strong").get(0).getTextContent().equals(title))
                .findFirst()
                .orElseThrow(() -> new AssertionError(title + " is not among " + figures()));
    }

    /** The caption of a figure, its title first. */
    public String caption(String title) {
        return under(figure(title), "figcaption").get(0).getTextContent();
    }

    /** What the legend of a figure names. */
    public List<String> legend(String title) {
        return under(figure(title), "li").stream().map(Node::getTextContent).toList();
    }

    private static Element drawing(Element figure) {
        return under(figure, "svg").stream()
                .filter(svg -> svg.getAttribute("role").equals("img"))
                .findFirst()
                .orElseThrow();
    }

    /** The points of all paths of a class in a chart with linear axes, as x and y, by what the axes say. */
    List<List<double[]>> paths(String title, String kind) {
        Element drawing = drawing(figure(title));
        double[] x = scale(drawing, false);
        double[] y = scale(drawing, true);
        List<List<double[]>> paths = new ArrayList<>();
        for (Element path : under(drawing, "path")) {
            if (path.getAttribute("class").equals(kind)) {
                List<double[]> points = new ArrayList<>();
                Matcher numbers = NUMBER.matcher(path.getAttribute("d"));
                while (numbers.find()) {
                    double across = Double.parseDouble(numbers.group());
                    assertTrue(numbers.find());
                    points.add(new double[] {x[0] + x[1] * across, y[0] + y[1] * Double.parseDouble(numbers.group())});
                }
                paths.add(points);
            }
        }
        return paths;
    }

    /** Offset and factor from a coordinate to a value, from the first and the last tick of an axis. */
    private static double[] scale(Element drawing, boolean vertical) {
        List<double[]> ticks = new ArrayList<>();
        for (Element text : under(drawing, "text")) {
            boolean label = text.getAttribute("class").equals("label");
            if (!label && text.getAttribute("text-anchor").equals(vertical ? "end" : "middle")) {
                double at = vertical ? number(text, "y") - 4 : number(text, "x");
                ticks.add(new double[] {at, value(text.getTextContent())});
            }
        }
        assertTrue(ticks.size() >= 2 && ticks.size() <= 12, ticks.size() + " ticks");
        double[] first = ticks.get(0);
        double[] last = ticks.get(ticks.size() - 1);
        double factor = (last[1] - first[1]) / (last[0] - first[0]);
        return new double[] {first[1] - factor * first[0], factor};
    }

    private static double value(String label) {
        String plain = label.replace('−', '-');
        double unit = plain.endsWith("k") ? 1e3 : plain.endsWith("M") ? 1e6 : 1;
        return unit * Double.parseDouble(unit == 1 ? plain : plain.substring(0, plain.length() - 1));
    }
}
