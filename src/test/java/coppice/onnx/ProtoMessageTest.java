package coppice.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import coppice.run.ValueSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes of messages; the first three are the examples of the documentation of the wire format. */
class ProtoMessageTest {
    private static String hex(ProtoMessage message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ValueSink sink = new ValueSink(part -> Channels.newChannel(bytes).write(part));
        message.writeTo(sink);
        sink.flush();
        assertEquals(bytes.size(), message.length());
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Test
    void writesTheDocumentedExamples() throws IOException {
        assertEquals("089601", hex(new ProtoMessage().number(1, 150)));
        assertEquals("120774657374696e67", hex(new ProtoMessage().text(2, "testing")));
        assertEquals("1a03089601", hex(new ProtoMessage().message(3, new ProtoMessage().number(1, 150))));
    }

    @Test
    void writesNumbersOfEveryLength() throws IOException {
        assertEquals("0800", hex(new ProtoMessage().number(1, 0)));
        assertEquals("087f", hex(new ProtoMessage().number(1, 127)));
        assertEquals("088001", hex(new ProtoMessage().number(1, 128)));
        assertEquals("08ffffffffffffffff7f", hex(new ProtoMessage().number(1, Long.MAX_VALUE)));
        assertEquals("08ffffffffffffffffff01", hex(new ProtoMessage().number(1, -1)));
        assertEquals("a20100", hex(new ProtoMessage().text(20, ""))); // a field number above 15 takes two bytes
    }

    @Test
    void writesFloatsAndBytesInOrder() throws IOException {
        ProtoMessage message = new ProtoMessage()
                .real(2, 1f)
                .bytes(9, 3, sink -> sink.bytes(new byte[] {1, 2, 3}, 0, 3))
                .text(1, "é");
        assertEquals("150000803f" + "4a03010203" + "0a02c3a9", hex(message));
    }

    @Test
    void refusesContentOfAnotherLength() {
        ProtoMessage message = new ProtoMessage().bytes(9, 4, sink -> sink.bytes(new byte[3], 0, 3));
        assertThrows(IllegalStateException.class, () -> hex(message));
    }
}
