package io.millrace.index;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Bytes on their way out: numbers as zigzag varints of 1 to 10 bytes, texts as length and UTF-8.
 * Nothing is held but a small buffer; what the stream throws comes as {@link UncheckedIOException}.
 */
final class ByteWriter {

  private final OutputStream out;
  private final byte[] bytes = new byte[1 << 16];
  private int size;

  ByteWriter(OutputStream out) {
    this.out = out;
  }

  private void need(int more) {
    if (bytes.length - size < more) {
      flush();
    }
  }

  /** To be called when all is written. */
  void flush() {
    write(bytes, size);
    size = 0;
  }

  private void write(byte[] from, int length) {
    try {
      out.write(from, 0, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
    if (utf8.length > bytes.length) {
      write(utf8, utf8.length);
    } else {
      System.arraycopy(utf8, 0, bytes, size, utf8.length);
      size += utf8.length;
    }
  }
}
