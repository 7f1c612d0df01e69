package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredIndexCheckpoint;
import io.millrace.proto.journal.v1.StoredIndexTouches;
import io.millrace.proto.journal.v1.StoredStreamCursor;
import io.millrace.proto.journal.v1.StoredTouch;
import io.millrace.retrieval.CheckpointHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The stored bytes of what stands before and behind the index's state in a checkpoint file. */
public final class CheckpointCodec {
  private CheckpointCodec() {}

  public static byte[] toBytes(CheckpointHeader header) {
    StoredIndexCheckpoint.Builder stored =
        StoredIndexCheckpoint.newBuilder()
            .setPartition(header.partition())
            .setWrittenAtMillis(header.writtenAtMs())
            .setStateBytes(header.stateBytes())
            .setTouchesBytes(header.touchesBytes());
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
          stored.getPartition(),
          stored.getWrittenAtMillis(),
          cursors,
          stored.getStateBytes(),
          stored.getTouchesBytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "a checkpoint header cannot be read: " + e.getMessage(), e);
    }
  }

  /** The touches that live vectors are made of. */
  public static byte[] toBytes(List<Touch> touches) {
    StoredIndexTouches.Builder stored = StoredIndexTouches.newBuilder();
    touches.forEach(touch -> stored.addTouches(EvidenceCodec.stored(touch)));
    return stored.build().toByteArray();
  }

  /** Fails with {@link IllegalArgumentException} on bytes that are none of ours. */
  public static List<Touch> touches(byte[] bytes) {
    try {
      List<Touch> touches = new ArrayList<>();
      for (StoredTouch stored : StoredIndexTouches.parseFrom(bytes).getTouchesList()) {
        touches.add(EvidenceCodec.touch(stored));
      }
      return touches;
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "touches of a checkpoint cannot be read: " + e.getMessage(), e);
    }
  }
}
