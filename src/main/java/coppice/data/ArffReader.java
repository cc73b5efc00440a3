package coppice.data;

import coppice.MalformedDataException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads ARFF, the text format of Weka: declared attributes, then a line a sample. */
final class ArffReader implements DatasetReader {
    static final String FORMAT = "arff";

    private static final Pattern RELATION = Pattern.compile("(?im)^[ \\t]*@relation[ \\t]");

    @Override
    public boolean recognizes(DataFile file) {
        return file.isText()
                && (file.name().endsWith(".arff")
                        || RELATION.matcher(new String(file.head(), StandardCharsets.ISO_8859_1))
                                .find());
    }

    @Override
    public Datasets.Parts read(List<DataFile> files, LoadRequest request) {
        List<Dataset> parts = new ArrayList<>();
        for (DataFile file : files) {
            Dataset part = readFile(file, request);
            DatasetReader.requireWidth(file, request, part.featureCount());
            if (!parts.isEmpty() && !part.featureNames().equals(parts.get(0).featureNames())) {
                throw MalformedDataException.inFile(
                        file.path(),
                        "declares other attributes than " + files.get(0).path());
            }
            parts.add(part);
        }
        return DatasetReader.joined(files, parts);
    }

    private static Dataset readFile(DataFile file, LoadRequest request) {
        ArffParser parser = new ArffParser(file.path(), request);
        try (BufferedReader text = file.openText()) {
            LineBuffer line = new LineBuffer(text);
            while (line.next()) {
                parser.addLine(line.characters(), line.length());
            }
        } catch (IOException e) {
            throw DelimitedReader.readFailure(file, parser.line() + 1, e);
        }
        return parser.finish();
    }
}
