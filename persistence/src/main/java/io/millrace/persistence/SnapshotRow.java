package io.millrace.persistence;

import java.nio.ByteBuffer;

/**
 * One snapshot in the snapshots family.
 *
 * <pre>
 * version(1) = 1  taken at, ms since 1970(8)  serializer id(4)
 * serializer manifest, length(2), UTF-8
 * payload to the end
 * </pre>
 */
@SuppressWarnings("ArrayRecordComponent") // short-lived, never compared
record SnapshotRow(long takenAtMs, int serializerId, String serializerManifest, byte[] payload) {
  private static final byte VERSION = 1;

  byte[] encode() {
    byte[] manifest = Keys.utf8(serializerManifest);
    ByteBuffer row = ByteBuffer.allocate(15 + manifest.length + payload.length);
    row.put(VERSION).putLong(takenAtMs).putInt(serializerId);
    EventRow.putText(row, manifest);
    return row.put(payload).array();
  }

  static SnapshotRow decode(byte[] bytes) {
    ByteBuffer row = ByteBuffer.wrap(bytes);
    byte version = row.get();
    if (version != VERSION) {
      throw new StoreFailed("a snapshot has row version " + version + ", expected " + VERSION);
    }
    long takenAt = row.getLong();
    int serializerId = row.getInt();
    String manifest = EventRow.text(row);
    byte[] payload = new byte[row.remaining()];
    row.get(payload);
    return new SnapshotRow(takenAt, serializerId, manifest, payload);
  }
}
