package io.millrace.persistence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One event in the streams family: the whole of it, lying in commit order beside the other events
 * of its stream, because tails read far more rows than recoveries do.
 *
 * <pre>
 * version(1) = 1
 * sequence(8)  writtenAt, ms since 1970(8)  serializer id(4)
 * persistence id, serializer manifest, manifest   each length(2), UTF-8
 * writer   1 and 16 bytes of a UUID, or 0 and length(2), UTF-8
 * payload  to the end
 * </pre>
 */
@SuppressWarnings("ArrayRecordComponent") // short-lived, never compared
record EventRow(
    String persistenceId,
    long sequence,
    long writtenAtMs,
    int serializerId,
    String serializerManifest,
    String manifest,
    String writer,
    byte[] payload) {

  private static final byte VERSION = 1;
  private static final int UUID_CHARS = 36;

  byte[] encode() {
    byte[] id = Keys.utf8(persistenceId);
    byte[] serializer = Keys.utf8(serializerManifest);
    byte[] adapter = Keys.utf8(manifest);
    @Nullable UUID uuid = uuidOrNone(writer);
    byte[] text = uuid == null ? Keys.utf8(writer) : new byte[0];
    int size = 21 + 6 + id.length + serializer.length + adapter.length;
    size += (uuid == null ? 3 + text.length : 17) + payload.length;
    ByteBuffer row = ByteBuffer.allocate(size);
    row.put(VERSION).putLong(sequence).putLong(writtenAtMs).putInt(serializerId);
    putText(row, id);
    putText(row, serializer);
    putText(row, adapter);
    if (uuid == null) {
      putText(row.put((byte) 0), text);
    } else {
      row.put((byte) 1)
          .putLong(uuid.getMostSignificantBits())
          .putLong(uuid.getLeastSignificantBits());
    }
    return row.put(payload).array();
  }

  static EventRow decode(byte[] bytes) {
    ByteBuffer row = ByteBuffer.wrap(bytes);
    byte version = row.get();
    if (version != VERSION) {
      throw new StoreFailed("an event has row version " + version + ", expected " + VERSION);
    }
    long sequence = row.getLong();
    long writtenAt = row.getLong();
    int serializerId = row.getInt();
    String id = text(row);
    String serializer = text(row);
    String adapter = text(row);
    String writer = row.get() == 0 ? text(row) : new UUID(row.getLong(), row.getLong()).toString();
    byte[] payload = new byte[row.remaining()];
    row.get(payload);
    return new EventRow(
        id, sequence, writtenAt, serializerId, serializer, adapter, writer, payload);
  }

  StoredEvent stored(long offset) {
    return new StoredEvent(
        new Cursor(offset, ""),
        persistenceId,
        sequence,
        serializerId,
        serializerManifest,
        manifest,
        payload,
        Instant.ofEpochMilli(writtenAtMs));
  }

  private static @Nullable UUID uuidOrNone(String writer) {
    if (writer.length() == UUID_CHARS) {
      try {
        UUID uuid = UUID.fromString(writer);
        return uuid.toString().equals(writer) ? uuid : null;
      } catch (IllegalArgumentException notOne) {
        return null;
      }
    }
    return null;
  }

  static void putText(ByteBuffer row, byte[] text) {
    if (text.length > 0xFFFF) {
      throw new IllegalArgumentException(
          "a manifest or id has %d bytes, expected at most 65535".formatted(text.length));
    }
    row.putShort((short) text.length).put(text);
  }

  static String text(ByteBuffer row) {
    int length = row.getShort() & 0xFFFF;
    if (length == 0) {
      return "";
    }
    byte[] text = new byte[length];
    row.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
