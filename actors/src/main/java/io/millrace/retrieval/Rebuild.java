package io.millrace.retrieval;

import io.millrace.evidence.EvidenceActor;
import io.millrace.evidence.EvidenceCheckpoints;
import io.millrace.evidence.EvidencePartWritten;
import io.millrace.index.EvidenceBatch.Touch;
import io.millrace.index.EvidencePart;
import io.millrace.index.ItemIndex;
import io.millrace.item.ItemIds;
import io.millrace.item.StreamFollower;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How an empty index begins where the journal has checkpoints of evidence: all items first, as sums
 * of unknown ones would have to wait, then the sums, a part of every stream at a time; the batches
 * since are left to whoever follows the streams. Used by the writer's thread, a step at a time.
 */
final class Rebuild implements AutoCloseable {
  private final EvidenceCheckpoints checkpoints;
  private final List<EvidenceCheckpoints.Whole> whole;
  private final StreamFollower items;
  private final List<Touch> touches = new ArrayList<>();
  private boolean itemsRead;
  private int part;

  private Rebuild(
      EventStream events,
      int readBatch,
      EvidenceCheckpoints checkpoints,
      List<EvidenceCheckpoints.Whole> whole) {
    this.checkpoints = checkpoints;
    this.whole = whole;
    this.items = new StreamFollower(events, ItemIds.streams(), readBatch, () -> {});
  }

  /** From the newest checkpoint of each stream; nothing where no stream has one. */
  static Optional<Rebuild> from(EventStream events, int readBatch) {
    EvidenceCheckpoints checkpoints = new EvidenceCheckpoints(events);
    List<EvidenceCheckpoints.Whole> whole = new ArrayList<>();
    for (int stream = 0; stream < EvidenceActor.STREAMS; stream++) {
      checkpoints.newest(stream).ifPresent(whole::add);
    }
    return whole.isEmpty()
        ? Optional.empty()
        : Optional.of(new Rebuild(events, readBatch, checkpoints, whole));
  }

  /**
   * Some more of it.
   *
   * @param item takes each event of an item
   * @return whether that was all
   */
  boolean step(ItemIndex index, Consumer<StoredEvent> item) {
    if (!itemsRead) {
      itemsRead = items.readSome(item);
      return false;
    }
    List<EvidencePart> same = new ArrayList<>(whole.size());
    for (EvidenceCheckpoints.Whole one : whole) {
      EvidencePartWritten written = checkpoints.part(one.stream(), one.firstSequence(), part);
      same.add(written.part());
      touches.addAll(written.touches());
    }
    index.begin(same);
    part++;
    return part == EvidencePart.PARTS;
  }

  /** Has a follower of all streams go on behind what was taken, the newest touches last. */
  void handOver(StreamFollower follower, Consumer<Touch> touch) {
    items.cursors().forEach(follower::seek);
    whole.forEach(one -> follower.seek(EvidenceActor.streams().get(one.stream()), one.batches()));
    touches.sort(Comparator.comparingLong(Touch::atMs));
    touches.forEach(touch);
  }

  /** Batches that need not be read, of all streams. */
  long batches() {
    return whole.stream().mapToLong(EvidenceCheckpoints.Whole::number).sum();
  }

  @Override
  public void close() {
    items.close();
  }
}
