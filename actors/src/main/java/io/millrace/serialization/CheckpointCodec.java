package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredIndexCheckpoint;
import io.millrace.proto.journal.v1.StoredIndexTouches;
import io.millrace.proto.journal.v1.StoredMovedItems;
import io.millrace.proto.journal.v1.StoredStreamCursor;
import io.millrace.proto.journal.v1.StoredTouch;
import io.millrace.retrieval.CheckpointHeader;
import io.millrace.retrieval.MovedItems;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The stored bytes of what stands before and behind the index's state in a checkpoint file. */
public final class CheckpointCodec {
  private static final int BUFFER = 1 << 16;

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

  /** Writes {@link StoredIndexTouches} of what live vectors are made of, one after the other. */
  public static void write(List<Touch> touches, MovedItems moved, OutputStream to)
      throws IOException {
    CodedOutputStream out = CodedOutputStream.newInstance(to, BUFFER);
    for (Touch touch : touches) {
      out.writeMessage(StoredIndexTouches.TOUCHES_FIELD_NUMBER, EvidenceCodec.stored(touch));
    }
    if (moved.itemHashes().length > 0) {
      out.writeMessage(StoredIndexTouches.MOVED_FIELD_NUMBER, stored(moved));
    }
    out.flush();
  }

  private static StoredMovedItems stored(MovedItems moved) {
    ByteBuffer vectors =
        ByteBuffer.allocate(moved.vectors().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    vectors.asFloatBuffer().put(moved.vectors());
    return StoredMovedItems.newBuilder()
        .setGeneration(moved.generation())
        .setGenerationCreatedAtMillis(moved.generationAtMs())
        .setOldestItemMillis(moved.oldestItemMs())
        .addAllItemHashes(LongArrayList.wrap(moved.itemHashes()))
        .setVectors(UnsafeByteOperations.unsafeWrap(vectors))
        .addAllAwaited(IntArrayList.wrap(moved.awaited()))
        .build();
  }

  /** Touches, and where they have moved items to. */
  public record Remembered(List<Touch> touches, MovedItems moved) {}

  /** Reads so many bytes; fails with {@link IllegalArgumentException} when they are not ours. */
  public static Remembered remembered(InputStream in, long length) throws IOException {
    try {
      CodedInputStream bytes = CodedInputStream.newInstance(in, BUFFER);
      bytes.setSizeLimit(Integer.MAX_VALUE);
      bytes.pushLimit(Math.toIntExact(length));
      StoredIndexTouches stored = StoredIndexTouches.parseFrom(bytes);
      List<Touch> touches = new ArrayList<>(stored.getTouchesCount());
      for (StoredTouch touch : stored.getTouchesList()) {
        touches.add(EvidenceCodec.touch(touch));
      }
      return new Remembered(touches, moved(stored.getMoved()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "touches of a checkpoint cannot be read: " + e.getMessage(), e);
    }
  }

  private static MovedItems moved(StoredMovedItems stored) {
    float[] vectors = new float[stored.getVectors().size() / Float.BYTES];
    stored
        .getVectors()
        .asReadOnlyByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(vectors);
    return new MovedItems(
        stored.getGeneration(),
        stored.getGenerationCreatedAtMillis(),
        stored.getOldestItemMillis(),
        stored.getItemHashesList().stream().mapToLong(Long::longValue).toArray(),
        vectors,
        stored.getAwaitedList().stream().mapToInt(Integer::intValue).toArray());
  }
}
