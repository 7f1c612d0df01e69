package io.millrace.learning;

import io.millrace.model.FusionWeights;
import io.millrace.persistence.Cursor;
import java.util.Map;

/**
 * What the trainer keeps across restarts, written as one event: the weights, and how far they have
 * learnt.
 *
 * @param cursors per user stream
 * @param marks per evidence stream the newest imported choice that was learnt
 */
public record TrainerSaved(
    FusionWeights weights, Map<String, Cursor> cursors, Map<Integer, Mark> marks) {

  /** A place in an evidence stream: choice {@code index} of batch {@code batch}. */
  public record Mark(long batch, int index) {
    boolean isBefore(long otherBatch, int otherIndex) {
      return otherBatch > batch || (otherBatch == batch && otherIndex > index);
    }
  }

  static final TrainerSaved NOTHING = new TrainerSaved(FusionWeights.initial(), Map.of(), Map.of());
}
