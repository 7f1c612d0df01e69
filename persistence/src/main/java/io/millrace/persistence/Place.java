package io.millrace.persistence;

import java.nio.charset.StandardCharsets;

/**
 * Where an event lies: the value of a row of the journal family, offset(8) and the stream's name.
 *
 * @param offset its number in the store, from 1, or {@link #DELETED}
 * @param stream the stream it belongs to
 */
record Place(long offset, String stream) {
  /** The offset of an event that was deleted and whose number must be remembered. */
  static final long DELETED = 0;

  boolean isDeleted() {
    return offset == DELETED;
  }

  static byte[] encode(long offset, byte[] stream) {
    byte[] value = new byte[Long.BYTES + stream.length];
    Keys.putLong(value, 0, offset);
    System.arraycopy(stream, 0, value, Long.BYTES, stream.length);
    return value;
  }

  static Place decode(byte[] value) {
    return new Place(
        Keys.getLong(value, 0),
        new String(value, Long.BYTES, value.length - Long.BYTES, StandardCharsets.UTF_8));
  }
}
