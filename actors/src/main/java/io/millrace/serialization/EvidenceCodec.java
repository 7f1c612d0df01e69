package io.millrace.serialization;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.evidence.EvidenceCheckpointState;
import io.millrace.evidence.EvidenceFolded;
import io.millrace.evidence.EvidencePartWritten;
import io.millrace.evidence.EvidenceState;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePairs;
import io.millrace.index.EvidencePart;
import io.millrace.index.EvidenceSums;
import io.millrace.persistence.Cursor;
import io.millrace.proto.journal.v1.StoredChoice;
import io.millrace.proto.journal.v1.StoredEvidenceBatch;
import io.millrace.proto.journal.v1.StoredEvidenceCheckpoints;
import io.millrace.proto.journal.v1.StoredEvidenceMark;
import io.millrace.proto.journal.v1.StoredEvidencePart;
import io.millrace.proto.journal.v1.StoredEvidenceSnapshot;
import io.millrace.proto.journal.v1.StoredItemDelta;
import io.millrace.proto.journal.v1.StoredItemSum;
import io.millrace.proto.journal.v1.StoredPairDelta;
import io.millrace.proto.journal.v1.StoredPairs;
import io.millrace.proto.journal.v1.StoredSuccessors;
import io.millrace.proto.journal.v1.StoredTouch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * The stored bytes of evidence: {@code millrace/journal/v1/catalogue.proto}. Bytes that are none of
 * ours fail with {@link IllegalArgumentException}.
 */
public final class EvidenceCodec {
  private EvidenceCodec() {}

  public static byte[] toBytes(EvidenceFolded folded) {
    EvidenceBatch batch = folded.batch();
    StoredEvidenceBatch.Builder stored =
        StoredEvidenceBatch.newBuilder()
            .setStream(batch.stream())
            .setNumber(batch.number())
            .setSourceCursor(ByteString.copyFrom(folded.source().toBytes()))
            .setAsOfMillis(batch.asOfMs())
            .setAcceptedAtMillis(folded.acceptedAtMs());
    for (EvidenceBatch.ItemDelta item : batch.items()) {
      stored.addItems(
          StoredItemDelta.newBuilder()
              .setItemHash(item.itemHash())
              .setBucket(item.bucket())
              .setImpressions(item.impressions())
              .setViews(item.views())
              .setPositives(item.positives())
              .setNegatives(item.negatives()));
    }
    if (!batch.pairs().isEmpty()) {
      stored.setPairColumns(stored(batch.pairs()));
    }
    for (EvidenceBatch.Choice choice : batch.choices()) {
      stored.addChoices(stored(choice));
    }
    for (EvidenceBatch.Touch touch : batch.touches()) {
      stored.addTouches(stored(touch));
    }
    return stored.build().toByteArray();
  }

  private static StoredPairs stored(EvidencePairs pairs) {
    StoredPairs.Builder stored = StoredPairs.newBuilder();
    for (int place = 0; place < pairs.hashes(); place++) {
      stored.addItemHashes(pairs.hash(place));
    }
    int day = 0;
    for (int row = 0; row < pairs.size(); row++) {
      stored
          .addPredecessors(pairs.predecessor(row))
          .addItems(pairs.item(row))
          .addDaySteps(pairs.day(row) - day)
          .addWeights(pairs.weight(row))
          .addSessionWeights(pairs.sessionWeight(row));
      day = pairs.day(row);
    }
    return stored.build();
  }

  public static EvidenceFolded folded(byte[] bytes) {
    StoredEvidenceBatch stored = parse(bytes);
    return new EvidenceFolded(
        batch(stored),
        Cursor.fromBytes(stored.getSourceCursor().toByteArray()),
        stored.getAcceptedAtMillis());
  }

  /** The batch alone, as readers of the evidence streams want it. */
  public static EvidenceBatch batch(byte[] bytes) {
    return batch(parse(bytes));
  }

  public static byte[] toBytes(EvidenceState state) {
    return StoredEvidenceSnapshot.newBuilder()
        .setStream(state.stream())
        .setNumber(state.number())
        .setSourceCursor(ByteString.copyFrom(state.source().toBytes()))
        .setAsOfMillis(state.asOfMs())
        .build()
        .toByteArray();
  }

  public static EvidenceState state(byte[] bytes) {
    try {
      StoredEvidenceSnapshot stored = StoredEvidenceSnapshot.parseFrom(bytes);
      return new EvidenceState(
          stored.getStream(),
          stored.getNumber(),
          Cursor.fromBytes(stored.getSourceCursor().toByteArray()),
          stored.getAsOfMillis());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "an evidence snapshot cannot be read: " + e.getMessage(), e);
    }
  }

  /** A part of a checkpoint. */
  public static byte[] toBytes(EvidencePartWritten written) {
    EvidencePart part = written.part();
    StoredEvidencePart.Builder stored =
        StoredEvidencePart.newBuilder()
            .setStream(part.stream())
            .setNumber(part.number())
            .setAsOfMillis(part.asOfMs())
            .setPart(part.part())
            .setBatchesCursor(ByteString.copyFrom(written.batches().toBytes()))
            .setAcceptedAtMillis(written.acceptedAtMs());
    part.sums().forEachItem(part.asOfMs(), sum -> stored.addItems(stored(sum)));
    addSuccessors(part.sums(), stored);
    for (EvidenceBatch.Touch touch : written.touches()) {
      stored.addTouches(stored(touch));
    }
    return stored.build().toByteArray();
  }

  private static StoredItemSum stored(EvidenceSums.ItemSum sum) {
    StoredItemSum.Builder stored =
        StoredItemSum.newBuilder()
            .setItemHash(sum.itemHash())
            .setNewestBucket(sum.newestSlot())
            .setImpressions(sum.impressions())
            .setViews(sum.views())
            .setPositives(sum.positives())
            .setNegatives(sum.negatives());
    for (int i = 0; i < sum.amounts().length; i++) {
      stored.addLevels(sum.levels()[i]).addStarts(sum.starts()[i]).addAmounts(sum.amounts()[i]);
    }
    return stored.build();
  }

  private static void addSuccessors(EvidenceSums sums, StoredEvidencePart.Builder part) {
    StoredSuccessors.Builder successors = StoredSuccessors.newBuilder();
    sums.forEachPair((predecessor, item, block, weight, session) -> {
      if (successors.getPredecessorHash() != predecessor && successors.getBlocksCount() > 0) {
        part.addSuccessors(successors.build());
        successors.clear();
      }
      successors
          .setPredecessorHash(predecessor)
          .addItemHashes(item)
          .addBlocks(block)
          .addWeights(weight)
          .addSessionWeights(session);
    });
    if (successors.getBlocksCount() > 0) {
      part.addSuccessors(successors.build());
    }
  }

  /** A part of a checkpoint, its sums to be added to by the caller alone. */
  public static EvidencePartWritten part(byte[] bytes) {
    try {
      StoredEvidencePart stored = StoredEvidencePart.parseFrom(bytes);
      EvidenceSums sums = new EvidenceSums();
      for (StoredItemSum item : stored.getItemsList()) {
        sums.add(sum(item));
      }
      for (StoredSuccessors successors : stored.getSuccessorsList()) {
        add(successors, sums);
      }
      List<EvidenceBatch.Touch> touches = new ArrayList<>(stored.getTouchesCount());
      for (StoredTouch touch : stored.getTouchesList()) {
        touches.add(touch(touch));
      }
      return new EvidencePartWritten(
          new EvidencePart(
              stored.getStream(),
              stored.getNumber(),
              stored.getAsOfMillis(),
              stored.getPart(),
              sums),
          Cursor.fromBytes(stored.getBatchesCursor().toByteArray()),
          touches,
          stored.getAcceptedAtMillis());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "a part of an evidence checkpoint cannot be read: " + e.getMessage(), e);
    }
  }

  private static EvidenceSums.ItemSum sum(StoredItemSum stored) {
    return new EvidenceSums.ItemSum(
        stored.getItemHash(),
        stored.getNewestBucket(),
        stored.getImpressions(),
        stored.getViews(),
        stored.getPositives(),
        stored.getNegatives(),
        stored.getLevelsList().stream().mapToInt(Integer::intValue).toArray(),
        stored.getStartsList().stream().mapToLong(Long::longValue).toArray(),
        stored.getAmountsList().stream().mapToLong(Long::longValue).toArray());
  }

  private static void add(StoredSuccessors stored, EvidenceSums sums) {
    int count = stored.getItemHashesCount();
    if (stored.getBlocksCount() != count
        || stored.getWeightsCount() != count
        || stored.getSessionWeightsCount() != count) {
      throw new IllegalArgumentException(
          "successors have %d items, %d blocks, %d weights and %d session weights, expected equally many"
              .formatted(
                  count,
                  stored.getBlocksCount(),
                  stored.getWeightsCount(),
                  stored.getSessionWeightsCount()));
    }
    for (int i = 0; i < count; i++) {
      sums.add(
          stored.getPredecessorHash(),
          stored.getItemHashes(i),
          stored.getBlocks(i),
          stored.getWeights(i),
          stored.getSessionWeights(i));
    }
  }

  public static byte[] toBytes(EvidenceCheckpointState state) {
    StoredEvidenceCheckpoints.Builder stored =
        StoredEvidenceCheckpoints.newBuilder().setStream(state.stream()).setParts(state.parts());
    state.whole().forEach(mark -> stored.addWhole(stored(mark)));
    EvidenceCheckpointState.Mark begun = state.begun();
    if (begun != null) {
      stored.setBegun(stored(begun));
    }
    return stored.build().toByteArray();
  }

  private static StoredEvidenceMark stored(EvidenceCheckpointState.Mark mark) {
    return StoredEvidenceMark.newBuilder()
        .setNumber(mark.number())
        .setAsOfMillis(mark.asOfMs())
        .setBatchesCursor(ByteString.copyFrom(mark.batches().toBytes()))
        .setAcceptedAtMillis(mark.acceptedAtMs())
        .build();
  }

  public static EvidenceCheckpointState checkpoints(byte[] bytes) {
    try {
      StoredEvidenceCheckpoints stored = StoredEvidenceCheckpoints.parseFrom(bytes);
      return new EvidenceCheckpointState(
          stored.getStream(),
          stored.getParts(),
          stored.getWholeList().stream().map(EvidenceCodec::mark).toList(),
          stored.hasBegun() ? mark(stored.getBegun()) : null);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(
          "a snapshot of evidence checkpoints cannot be read: " + e.getMessage(), e);
    }
  }

  private static EvidenceCheckpointState.Mark mark(StoredEvidenceMark stored) {
    return new EvidenceCheckpointState.Mark(
        stored.getNumber(),
        stored.getAsOfMillis(),
        Cursor.fromBytes(stored.getBatchesCursor().toByteArray()),
        stored.getAcceptedAtMillis());
  }

  private static StoredEvidenceBatch parse(byte[] bytes) {
    try {
      return StoredEvidenceBatch.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("an evidence batch cannot be read: " + e.getMessage(), e);
    }
  }

  private static EvidenceBatch batch(StoredEvidenceBatch stored) {
    List<EvidenceBatch.ItemDelta> items = new ArrayList<>(stored.getItemsCount());
    for (StoredItemDelta item : stored.getItemsList()) {
      items.add(
          new EvidenceBatch.ItemDelta(
              item.getItemHash(),
              item.getBucket(),
              item.getImpressions(),
              item.getViews(),
              item.getPositives(),
              item.getNegatives()));
    }
    EvidencePairs pairs =
        stored.hasPairColumns() ? pairs(stored.getPairColumns()) : pairs(stored.getPairsList());
    List<EvidenceBatch.Choice> choices = new ArrayList<>(stored.getChoicesCount());
    for (StoredChoice choice : stored.getChoicesList()) {
      choices.add(choice(choice));
    }
    List<EvidenceBatch.Touch> touches = new ArrayList<>(stored.getTouchesCount());
    for (StoredTouch touch : stored.getTouchesList()) {
      touches.add(touch(touch));
    }
    return new EvidenceBatch(
        stored.getStream(),
        stored.getNumber(),
        stored.getAsOfMillis(),
        items,
        pairs,
        choices,
        touches);
  }

  private static EvidencePairs pairs(List<StoredPairDelta> stored) {
    List<EvidenceBatch.PairDelta> rows = new ArrayList<>(stored.size());
    for (StoredPairDelta pair : stored) {
      rows.add(
          new EvidenceBatch.PairDelta(
              pair.getPredecessorHash(),
              pair.getItemHash(),
              pair.getDay(),
              pair.getWeight(),
              pair.getSessionWeight()));
    }
    return EvidencePairs.of(rows);
  }

  private static EvidencePairs pairs(StoredPairs stored) {
    long[] hashes = new long[stored.getItemHashesCount()];
    Arrays.setAll(hashes, stored::getItemHashes);
    int[] days = ints(stored.getDayStepsCount(), stored::getDaySteps);
    for (int i = 1; i < days.length; i++) {
      days[i] += days[i - 1];
    }
    return new EvidencePairs(
        hashes,
        ints(stored.getPredecessorsCount(), stored::getPredecessors),
        ints(stored.getItemsCount(), stored::getItems),
        days,
        ints(stored.getWeightsCount(), stored::getWeights),
        ints(stored.getSessionWeightsCount(), stored::getSessionWeights));
  }

  private static int[] ints(int count, IntUnaryOperator of) {
    int[] values = new int[count];
    Arrays.setAll(values, of);
    return values;
  }

  static StoredTouch stored(EvidenceBatch.Touch touch) {
    StoredTouch.Builder stored =
        StoredTouch.newBuilder().setItemHash(touch.itemHash()).setAtMillis(touch.atMs());
    for (int ordinal : touch.history()) {
      stored.addHistory(ordinal);
    }
    return stored.build();
  }

  static EvidenceBatch.Touch touch(StoredTouch stored) {
    int[] history = new int[stored.getHistoryCount()];
    for (int i = 0; i < history.length; i++) {
      history[i] = stored.getHistory(i);
    }
    return new EvidenceBatch.Touch(stored.getItemHash(), stored.getAtMillis(), history);
  }

  private static StoredChoice stored(EvidenceBatch.Choice choice) {
    StoredChoice.Builder stored =
        StoredChoice.newBuilder()
            .setItemHash(choice.itemHash())
            .setAtMillis(choice.atMs())
            .setPositives(choice.positives())
            .setTouches(choice.touches());
    if (choice.lastPositiveAtMs() != Long.MIN_VALUE) {
      stored.setLastPositiveAtMillis(choice.lastPositiveAtMs());
    }
    if (choice.lastTouchAtMs() != Long.MIN_VALUE) {
      stored.setLastTouchAtMillis(choice.lastTouchAtMs());
    }
    for (int i = 0; i < choice.history().length; i++) {
      stored.addHistory(choice.history()[i]);
      stored.addHistoryAgoMs(choice.atMs() - choice.historyAtMs()[i]);
    }
    return stored.build();
  }

  private static EvidenceBatch.Choice choice(StoredChoice stored) {
    int[] history = new int[stored.getHistoryCount()];
    long[] historyAtMs = new long[history.length];
    if (stored.getHistoryAgoMsCount() != history.length) {
      throw new IllegalArgumentException(
          "a choice has %d ages of history, expected %d"
              .formatted(stored.getHistoryAgoMsCount(), history.length));
    }
    for (int i = 0; i < history.length; i++) {
      history[i] = stored.getHistory(i);
      historyAtMs[i] = stored.getAtMillis() - stored.getHistoryAgoMs(i);
    }
    return new EvidenceBatch.Choice(
        stored.getItemHash(),
        stored.getAtMillis(),
        history,
        historyAtMs,
        stored.getPositives(),
        stored.hasLastPositiveAtMillis() ? stored.getLastPositiveAtMillis() : Long.MIN_VALUE,
        stored.getTouches(),
        stored.hasLastTouchAtMillis() ? stored.getLastTouchAtMillis() : Long.MIN_VALUE);
  }
}
