package io.millrace.index;

import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteWriter} wrote. Reading past the end or an impossible length fails with an
 * IllegalArgumentException.
 */
final class ByteReader {

  private final byte[] bytes;
  private final int end;
  private int at;

  ByteReader(byte[] bytes, int from, int length) {
    this.bytes = bytes;
    this.at = from;
    this.end = from + length;
  }

  private IllegalArgumentException early() {
    return new IllegalArgumentException("index checkpoint ends within a value, at byte " + at);
  }

  long number() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw early();
      }
      byte next = bytes[at++];
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
    if (count < 0 || count > end - at) {
      throw early();
    }
    return count;
  }

  double real() {
    return Double.longBitsToDouble(number());
  }

  float realFloat() {
    if (end - at < 4) {
      throw early();
    }
    int bits = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      bits |= (bytes[at++] & 0xff) << shift;
    }
    return Float.intBitsToFloat(bits);
  }

  boolean flag() {
    return number() != 0;
  }

  String text() {
    int length = count();
    at += length;
    return new String(bytes, at - length, length, StandardCharsets.UTF_8);
  }
}
