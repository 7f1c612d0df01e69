package io.millrace.evidence;

import io.millrace.persistence.Cursor;

/**
 * How far one evidence actor has come. What it found is in the batches; the sums of them are in the
 * index, not here.
 *
 * @param number of the last batch, 0 before the first
 * @param source place in the user stream
 * @param asOfMs newest event time folded, {@code Long.MIN_VALUE} before the first
 */
public record EvidenceState(int stream, long number, Cursor source, long asOfMs) {

  static EvidenceState empty(int stream) {
    return new EvidenceState(stream, 0, Cursor.START, Long.MIN_VALUE);
  }

  EvidenceState after(EvidenceFolded folded) {
    return new EvidenceState(
        stream, folded.batch().number(), folded.source(), folded.batch().asOfMs());
  }
}
