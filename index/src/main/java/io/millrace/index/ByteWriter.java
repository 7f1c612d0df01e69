package io.millrace.index;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow: numbers as zigzag varints of 1 to 10 bytes, texts as length and UTF-8. */
final class ByteWriter {

  private byte[] bytes = new byte[1 << 16];
  private int size;

  private void need(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), size + (size >> 1)));
    }
  }

  void number(long value) {
    need(10);
    long left = (value << 1) ^ (value >> 63);
    while ((left & ~0x7fL) != 0) {
      bytes[size++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[size++] = (byte) left;
  }

  void real(double value) {
    number(Double.doubleToLongBits(value));
  }

  void real(float value) {
    int bits = Float.floatToIntBits(value);
    need(4);
    for (int shift = 0; shift < 32; shift += 8) {
      bytes[size++] = (byte) (bits >>> shift);
    }
  }

  void flag(boolean value) {
    number(value ? 1 : 0);
  }

  void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    number(utf8.length);
    need(utf8.length);
    System.arraycopy(utf8, 0, bytes, size, utf8.length);
    size += utf8.length;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }
}
