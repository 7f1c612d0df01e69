package io.millrace.persistence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A place in a stream, just behind one event: what a reader stores with what it derived, to go on
 * from there. Opaque: only the store that gave it knows what it means, beyond that {@code position}
 * never falls along a stream.
 *
 * @param position grows along the stream, by one at least with each event of the embedded store; of
 *     use for lag, for waiting and to tell what was read before, not for arithmetic
 * @param detail what else the store needs to find the place; empty in the embedded one
 */
public record Cursor(long position, String detail) {

  /** The place before the first event of any stream. */
  public static final Cursor START = new Cursor(0, "");

  /** The cursor as bytes: the position in 8 bytes big-endian, then the detail in UTF-8. */
  public byte[] toBytes() {
    byte[] text = detail.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + text.length).putLong(position).put(text).array();
  }

  /** The cursor that {@link #toBytes} wrote; fewer than 8 bytes throw. */
  public static Cursor fromBytes(byte[] bytes) {
    if (bytes.length < Long.BYTES) {
      throw new IllegalArgumentException(
          "a cursor has " + bytes.length + " bytes, expected 8 or more");
    }
    return new Cursor(
        ByteBuffer.wrap(bytes).getLong(),
        new String(Arrays.copyOfRange(bytes, Long.BYTES, bytes.length), StandardCharsets.UTF_8));
  }

  /** The cursor as text, which {@link #parse} reads. */
  @Override
  public String toString() {
    return detail.isEmpty() ? Long.toString(position) : position + "/" + detail;
  }

  /** The cursor that {@link #toString} wrote; other text throws. */
  public static Cursor parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new Cursor(Long.parseLong(text), "")
        : new Cursor(Long.parseLong(text.substring(0, slash)), text.substring(slash + 1));
  }
}
