package io.millrace.persistence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The layout of the keys of every column family. Names stand before numbers with their length in
 * front, so that no name is a prefix of another; numbers are big-endian, so that byte order is
 * number order.
 *
 * <pre>
 * journal, snapshots   length(2) persistence id, sequence(8)
 * streams              length(1) stream, offset(8)
 * served               day since 1970(4, sign bit turned), request id
 * keys                 see UserKeys
 * meta                 a word
 * </pre>
 */
final class Keys {
  private Keys() {}

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] entity(byte[] persistenceId, long sequence) {
    if (persistenceId.length > 0xFFFF) {
      throw new IllegalArgumentException(
          "a persistence id has %d bytes, expected at most 65535".formatted(persistenceId.length));
    }
    byte[] key = new byte[2 + persistenceId.length + Long.BYTES];
    key[0] = (byte) (persistenceId.length >>> 8);
    key[1] = (byte) persistenceId.length;
    System.arraycopy(persistenceId, 0, key, 2, persistenceId.length);
    putLong(key, key.length - Long.BYTES, sequence);
    return key;
  }

  static byte[] stream(byte[] name, long offset) {
    if (name.length == 0 || name.length > 0xFF) {
      throw new IllegalArgumentException(
          "the name of a stream has %d bytes, expected 1 to 255".formatted(name.length));
    }
    byte[] key = new byte[1 + name.length + Long.BYTES];
    key[0] = (byte) name.length;
    System.arraycopy(name, 0, key, 1, name.length);
    putLong(key, key.length - Long.BYTES, offset);
    return key;
  }

  /** Days before 1970 sort before those after it: the sign bit is turned. */
  static byte[] served(int day, byte[] requestId) {
    return ByteBuffer.allocate(Integer.BYTES + requestId.length)
        .putInt(day ^ Integer.MIN_VALUE)
        .put(requestId)
        .array();
  }

  static int servedDay(byte[] key) {
    return ByteBuffer.wrap(key).getInt() ^ Integer.MIN_VALUE;
  }

  /** The name of the stream that a key of the streams family belongs to. */
  static String streamOf(byte[] key) {
    return new String(key, 1, key[0] & 0xFF, StandardCharsets.UTF_8);
  }

  /** The persistence id that a key of entity shape belongs to. */
  static String entityOf(byte[] key) {
    return new String(key, 2, key.length - 2 - Long.BYTES, StandardCharsets.UTF_8);
  }

  static void putLong(byte[] bytes, int at, long value) {
    for (int i = 0; i < Long.BYTES; i++) {
      bytes[at + i] = (byte) (value >>> (56 - 8 * i));
    }
  }

  static long getLong(byte[] bytes, int at) {
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << 8 | Byte.toUnsignedInt(bytes[at + i]);
    }
    return value;
  }

  /** The number in the last 8 bytes of a key. */
  static long number(byte[] key) {
    return getLong(key, key.length - Long.BYTES);
  }

  /** Whether two keys of entity or stream shape differ at most in their number. */
  static boolean sameName(byte[] a, byte[] b) {
    int end = a.length - Long.BYTES;
    return a.length == b.length && Arrays.equals(a, 0, end, b, 0, end);
  }
}
