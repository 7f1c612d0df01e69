package io.millrace.index;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteWriter} wrote. Reading past the end or an impossible length fails with an
 * IllegalArgumentException, a stream that fails with an {@link UncheckedIOException}.
 */
final class ByteReader {

  private final InputStream in;
  private final long length;
  private final byte[] bytes = new byte[1 << 16];
  private int at;
  private int end;

  /** Bytes that are not in the buffer yet. */
  private long left;

  /** Of so many bytes; those behind them are left to others. */
  ByteReader(InputStream in, long length) {
    this.in = in;
    this.length = length;
    this.left = length;
  }

  private IllegalArgumentException early() {
    return new IllegalArgumentException(
        "index checkpoint ends within a value, at byte " + (length - remaining()));
  }

  private long remaining() {
    return left + end - at;
  }

  /** Fails unless all was read. */
  void end() {
    if (remaining() > 0) {
      throw new IllegalArgumentException(
          "index checkpoint has %d bytes, expected %d".formatted(length, length - remaining()));
    }
  }

  private byte next() {
    if (at == end) {
      if (left == 0) {
        throw early();
      }
      at = 0;
      end = read(bytes, (int) Math.min(left, bytes.length));
    }
    return bytes[at++];
  }

  private int read(byte[] into, int most) {
    try {
      int count = in.readNBytes(into, 0, most);
      left -= count;
      if (count < most) {
        throw early();
      }
      return count;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long number() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = next();
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw early();
  }

  int integer() {
    long value = number();
    if ((int) value != value) {
      throw early();
    }
    return (int) value;
  }

  /** A number of things, each of at least one byte. */
  int count() {
    int count = integer();
    if (count < 0 || count > remaining()) {
      throw early();
    }
    return count;
  }

  double real() {
    return Double.longBitsToDouble(number());
  }

  float realFloat() {
    int bits = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      bits |= (next() & 0xff) << shift;
    }
    return Float.intBitsToFloat(bits);
  }

  boolean flag() {
    return number() != 0;
  }

  String text() {
    int length = count();
    if (length <= end - at) {
      at += length;
      return new String(bytes, at - length, length, StandardCharsets.UTF_8);
    }
    byte[] utf8 = new byte[length];
    int had = end - at;
    System.arraycopy(bytes, at, utf8, 0, had);
    at = end;
    readFully(utf8, had);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private void readFully(byte[] into, int from) {
    for (int i = from; i < into.length; i++) {
      into[i] = next();
    }
  }
}
