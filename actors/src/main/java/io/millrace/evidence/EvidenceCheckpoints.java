package io.millrace.evidence;

import io.millrace.index.EvidencePart;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.EventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.EvidenceCodec;
import java.util.List;
import java.util.Optional;

/**
 * The checkpoints of evidence that are in the journal: what the batches of each stream add up to,
 * in {@value EvidencePart#PARTS} parts, so that an index which has nothing of its own need not read
 * all batches since the beginning.
 */
public final class EvidenceCheckpoints {
  private final EventStream events;

  public EvidenceCheckpoints(EventStream events) {
    this.events = events;
  }

  /**
   * A whole one.
   *
   * @param firstSequence number of the event that is its part 0
   * @param number batches from 1 to this are in it
   * @param batches the place behind that batch in its stream
   */
  public record Whole(int stream, long firstSequence, long number, Cursor batches) {}

  static String persistenceId(int stream) {
    return "evidence-checkpoint|" + stream;
  }

  static String stream(int stream) {
    return "checkpoint-" + stream;
  }

  /** The newest whole one of a stream, 0 to 15. Reads the disk. */
  public Optional<Whole> newest(int stream) {
    Optional<StoredEvent> first = at(stream, 1);
    long sequence = first.map(StoredEvent::sequence).orElse(1L);
    // One whose first parts are deleted is none.
    long aligned = Math.ceilDiv(sequence - 1, (long) EvidencePart.PARTS) * EvidencePart.PARTS + 1;
    Optional<StoredEvent> newest = Optional.empty();
    while (has(stream, aligned + EvidencePart.PARTS - 1)) {
      newest = at(stream, aligned);
      aligned += EvidencePart.PARTS;
    }
    return newest.map(event -> {
      EvidencePartWritten part = EvidenceCodec.part(event.payload());
      return new Whole(stream, event.sequence(), part.part().number(), part.batches());
    });
  }

  private boolean has(int stream, long sequence) {
    return at(stream, sequence).filter(event -> event.sequence() == sequence).isPresent();
  }

  /** The first event from a number on. */
  private Optional<StoredEvent> at(int stream, long sequence) {
    List<StoredEvent> found = events.of(persistenceId(stream), sequence, 1);
    return found.stream().findFirst();
  }

  /**
   * One part of a checkpoint.
   *
   * @throws IllegalStateException when it is not there: the second whole checkpoint since has taken
   *     its place
   */
  public EvidencePartWritten part(int stream, long firstSequence, int part) {
    long sequence = firstSequence + part;
    EvidencePartWritten written =
        at(stream, sequence)
            .filter(event -> event.sequence() == sequence)
            .map(event -> EvidenceCodec.part(event.payload()))
            .orElseThrow(() ->
                new IllegalStateException(
                    "event %d of %s is gone, expected part %d of a checkpoint"
                        .formatted(sequence, persistenceId(stream), part)));
    if (written.part().part() != part || written.part().stream() != stream) {
      throw new IllegalStateException(
          "event %d of %s is part %d of stream %d, expected part %d"
              .formatted(
                  sequence,
                  persistenceId(stream),
                  written.part().part(),
                  written.part().stream(),
                  part));
    }
    return written;
  }
}
