package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.learning.ServedRows;
import io.millrace.learning.TrainerSaved;
import io.millrace.model.FusionContext;
import io.millrace.model.FusionFeature;
import io.millrace.model.FusionWeights;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredChoiceMark;
import io.millrace.proto.journal.v1.StoredServedRows;
import io.millrace.proto.journal.v1.StoredTrainerSaved;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Protobuf of what learning stores. */
public final class LearningCodec {

  /** {@code StoredTrainerSaved}; frozen. */
  public static final String TRAINER_SAVED = "ts1";

  private LearningCodec() {}

  public static StoredBytes write(TrainerSaved saved) {
    StoredTrainerSaved.Builder out =
        StoredTrainerSaved.newBuilder()
            .setFusionWeights(ByteString.copyFrom(saved.weights().toBytes()));
    saved.cursors().forEach((stream, cursor) -> out.putUserCursors(stream, cursor.toString()));
    saved
        .marks()
        .forEach((stream, mark) ->
            out.putChoiceMarks(
                stream,
                StoredChoiceMark.newBuilder()
                    .setBatch(mark.batch())
                    .setIndex(mark.index())
                    .build()));
    return new StoredBytes(TRAINER_SAVED, out.build().toByteArray());
  }

  /** Fails with IllegalArgumentException on bytes of another kind. */
  public static TrainerSaved readTrainerSaved(StoredBytes stored) {
    if (!stored.manifest().equals(TRAINER_SAVED)) {
      throw new IllegalArgumentException(
          "stored trainer has manifest " + stored.manifest() + ", expected " + TRAINER_SAVED);
    }
    try {
      StoredTrainerSaved in = StoredTrainerSaved.parseFrom(stored.bytes());
      Map<String, Cursor> cursors = new HashMap<>();
      in.getUserCursorsMap().forEach((stream, cursor) -> cursors.put(stream, Cursor.parse(cursor)));
      Map<Integer, TrainerSaved.Mark> marks = new HashMap<>();
      in.getChoiceMarksMap()
          .forEach((stream, mark) ->
              marks.put(stream, new TrainerSaved.Mark(mark.getBatch(), mark.getIndex())));
      return new TrainerSaved(
          FusionWeights.fromBytes(in.getFusionWeights().toByteArray()), cursors, marks);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("stored trainer cannot be read", e);
    }
  }

  /** Bytes of a row of the served log. */
  public static byte[] write(ServedRows rows) {
    StoredServedRows.Builder out =
        StoredServedRows.newBuilder()
            .setRequestId(rows.requestId())
            .setAtMillis(rows.atMs())
            .addContext(rows.context().history())
            .addContext(rows.context().gap())
            .addContext(rows.context().age())
            .addContext(rows.context().popularity());
    for (int ordinal : rows.ordinals()) {
      out.addOrdinals(ordinal);
    }
    for (float log : rows.logInclusion()) {
      out.addLogInclusion(log);
    }
    ByteBuffer halves =
        ByteBuffer.allocate(rows.matrix().length * rows.ordinals().length * Short.BYTES);
    for (FusionFeature feature : FusionFeature.values()) {
      out.addFeatureNames(feature.name());
      for (float value : rows.matrix()[feature.ordinal()]) {
        halves.putShort(Float.floatToFloat16(value));
      }
    }
    return out.setFeatures(ByteString.copyFrom(halves.array())).build().toByteArray();
  }

  /** Nothing when the row was written with other features than those of today. */
  public static Optional<ServedRows> readServedRows(byte[] bytes) {
    try {
      StoredServedRows in = StoredServedRows.parseFrom(bytes);
      int n = in.getOrdinalsCount();
      if (in.getFeatureNamesCount() != FusionFeature.COUNT
          || in.getFeatures().size() != n * FusionFeature.COUNT * Short.BYTES
          || in.getLogInclusionCount() != n
          || in.getContextCount() != 4) {
        return Optional.empty();
      }
      float[][] matrix = new float[FusionFeature.COUNT][n];
      ByteBuffer halves = in.getFeatures().asReadOnlyByteBuffer();
      for (FusionFeature feature : FusionFeature.values()) {
        if (!in.getFeatureNames(feature.ordinal()).equals(feature.name())) {
          return Optional.empty();
        }
        for (int i = 0; i < n; i++) {
          matrix[feature.ordinal()][i] = Float.float16ToFloat(halves.getShort());
        }
      }
      int[] ordinals = new int[n];
      float[] logInclusion = new float[n];
      for (int i = 0; i < n; i++) {
        ordinals[i] = in.getOrdinals(i);
        logInclusion[i] = in.getLogInclusion(i);
      }
      return Optional.of(
          new ServedRows(
              in.getRequestId(),
              in.getAtMillis(),
              new FusionContext(
                  in.getContext(0), in.getContext(1), in.getContext(2), in.getContext(3)),
              ordinals,
              matrix,
              logInclusion));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }
}
