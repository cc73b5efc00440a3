package coppice.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Grey images side by side in one PNG. */
public final class ImageGrid {
    private static final int GAP = 1; // pixels between images
    private static final int GREY = 0x60;

    private ImageGrid() {}

    /**
     * Replaces {@code file} by a grid as near to a square as possible.
     *
     * @param images one a row, (images, height * width), 0 for black and 1 for white
     */
    public static void write(Path file, float[][] images, int height, int width) throws IOException {
        int across = (int) Math.ceil(Math.sqrt(images.length));
        int down = (images.length + across - 1) / across;
        BufferedImage grid = new BufferedImage(
                across * (width + GAP) + GAP, down * (height + GAP) + GAP, BufferedImage.TYPE_BYTE_GRAY);
        for (int y = 0; y < grid.getHeight(); y++) {
            for (int x = 0; x < grid.getWidth(); x++) {
                grid.getRaster().setSample(x, y, 0, GREY);
            }
        }
        for (int i = 0; i < images.length; i++) {
            int left = GAP + i % across * (width + GAP);
            int top = GAP + i / across * (height + GAP);
            for (int pixel = 0; pixel < height * width; pixel++) {
                int value = Math.round(255 * Math.min(1, Math.max(0, images[i][pixel])));
                grid.getRaster().setSample(left + pixel % width, top + pixel / width, 0, value);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.setUseCache(false);
        if (!ImageIO.write(grid, "png", bytes)) {
            throw new IOException("this Java cannot write PNG images");
        }
        AtomicFile.write(file, bytes.toByteArray());
    }
}
