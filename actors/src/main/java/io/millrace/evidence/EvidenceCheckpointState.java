package io.millrace.evidence;

import io.millrace.index.EvidencePart;
import io.millrace.persistence.Cursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which checkpoints of one stream of evidence there have been.
 *
 * @param parts ever written, as far as is known: what is left over by 64 are those of {@code begun}
 * @param whole those that were finished, oldest first, the {@link #MOST_KNOWN} newest; the parts of
 *     the newest two are in the journal
 * @param begun the one of which parts are missing, null for none
 */
public record EvidenceCheckpointState(
    int stream, long parts, List<Mark> whole, @Nullable Mark begun) {

  /** What may be deleted is told from those that are known. */
  static final int MOST_KNOWN = 40;

  /** Of those that come closer together only the newest is known: these go back ten days. */
  private static final long KNOWN_APART_MS = Duration.ofHours(6).toMillis();

  /**
   * A checkpoint without its sums.
   *
   * @param number of the last batch in it
   * @param asOfMs newest event time of those batches
   * @param batches the place behind that batch
   * @param acceptedAtMs when its first part was written
   */
  public record Mark(long number, long asOfMs, Cursor batches, long acceptedAtMs) {}

  /** Before the first batch. */
  static final Mark NOTHING = new Mark(0, 0, Cursor.START, Long.MIN_VALUE);

  static EvidenceCheckpointState empty(int stream) {
    return new EvidenceCheckpointState(stream, 0, List.of(), null);
  }

  /** The newest whole one, or {@link #NOTHING}. */
  Mark newest() {
    return whole.isEmpty() ? NOTHING : whole.getLast();
  }

  /** Part of {@link #begun} that is next, 0 when none is begun. */
  int nextPart() {
    return (int) (parts % EvidencePart.PARTS);
  }

  /** Sequence number of the newest whole one's first part, given that of the last event. */
  long firstOfNewest(long lastSequence) {
    return lastSequence - nextPart() - EvidencePart.PARTS + 1;
  }

  EvidenceCheckpointState after(EvidencePartWritten written) {
    EvidencePart part = written.part();
    if (part.part() != nextPart() || (begun != null && begun.number() != part.number())) {
      throw new IllegalArgumentException(
          "part %d as of batch %d follows, expected part %d%s"
              .formatted(
                  part.part(),
                  part.number(),
                  nextPart(),
                  begun == null ? "" : " as of batch " + begun.number()));
    }
    Mark mark =
        begun != null
            ? begun
            : new Mark(part.number(), part.asOfMs(), written.batches(), written.acceptedAtMs());
    if (part.part() < EvidencePart.PARTS - 1) {
      return new EvidenceCheckpointState(stream, parts + 1, whole, mark);
    }
    List<Mark> known = new ArrayList<>(whole);
    int last = known.size() - 1;
    if (last > 0
        && known.get(last).acceptedAtMs() - known.get(last - 1).acceptedAtMs() < KNOWN_APART_MS) {
      known.remove(last);
    }
    known.add(mark);
    int first = Math.max(0, known.size() - MOST_KNOWN);
    return new EvidenceCheckpointState(
        stream, parts + 1, List.copyOf(known.subList(first, known.size())), null);
  }

  /** The last batch of the newest whole one that was begun by then; 0 when there is none. */
  long coveredBy(long ms) {
    long number = 0;
    for (Mark mark : whole) {
      if (mark.acceptedAtMs() <= ms) {
        number = mark.number();
      }
    }
    return number;
  }
}
