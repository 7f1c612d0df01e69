package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredIndexCheckpoint;
import io.millrace.proto.journal.v1.StoredStreamCursor;
import io.millrace.retrieval.CheckpointHeader;
import java.util.Map;
import java.util.TreeMap;

/** The stored bytes of what stands before the state in a checkpoint file. */
public final class CheckpointCodec {
  private CheckpointCodec() {}

  public static byte[] toBytes(CheckpointHeader header) {
    StoredIndexCheckpoint.Builder stored =
        StoredIndexCheckpoint.newBuilder()
            .setPartition(header.partition())
            .setWrittenAtMillis(header.writtenAtMs())
            .setStateBytes(header.stateBytes());
    new TreeMap<>(header.cursors())
        .forEach((stream, cursor) ->
            stored.addCursors(
                StoredStreamCursor.newBuilder()
                    .setStream(stream)
                    .setCursor(ByteString.copyFrom(cursor.toBytes()))));
    return stored.build().toByteArray();
  }

  /** Fails with {@link IllegalArgumentException} on bytes that are none of ours. */
  public static CheckpointHeader header(byte[] bytes) {
    try {
      StoredIndexCheckpoint stored = StoredIndexCheckpoint.parseFrom(bytes);
      Map<String, Cursor> cursors = new TreeMap<>();
      for (StoredStreamCursor cursor : stored.getCursorsList()) {
        cursors.put(cursor.getStream(), Cursor.fromBytes(cursor.getCursor().toByteArray()));
      }
      return new CheckpointHeader(
          stored.getPartition(), stored.getWrittenAtMillis(), cursors, stored.getStateBytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "a checkpoint header cannot be read: " + e.getMessage(), e);
    }
  }
}
