package io.millrace.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Headers of a request as HPACK writes them when nothing is indexed and nothing compressed (RFC
 * 7541, 6.2.2): no state, so that a block means the same on every connection.
 */
final class HeaderBlock {

  private HeaderBlock() {}

  static byte[] of(String method, String path, List<Map.Entry<String, String>> headers) {
    ByteArrayOutputStream block = new ByteArrayOutputStream(256);
    literal(":method", method, block);
    literal(":scheme", "http", block);
    literal(":authority", "fuzz", block);
    literal(":path", path, block);
    headers.forEach(header -> literal(header.getKey(), header.getValue(), block));
    return block.toByteArray();
  }

  private static void literal(String name, String value, ByteArrayOutputStream out) {
    out.write(0);
    string(name, out);
    string(value, out);
  }

  private static void string(String text, ByteArrayOutputStream out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // An integer with a prefix of seven bits (RFC 7541, 5.1).
    if (bytes.length < 127) {
      out.write(bytes.length);
    } else {
      out.write(127);
      int left = bytes.length - 127;
      while (left >= 128) {
        out.write((left & 127) | 128);
        left >>= 7;
      }
      out.write(left);
    }
    out.writeBytes(bytes);
  }
}
