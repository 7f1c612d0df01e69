package io.millrace.evidence;

import io.millrace.persistence.Cursor;
import java.util.List;

/**
 * Told what answers something served, by whoever reads the user streams: each event is opened once.
 * Called on the thread that folds: it must hand over and return.
 */
@FunctionalInterface
public interface AnswerSink {

  /** Takes none. */
  AnswerSink NONE = answers -> {};

  void accept(Answers answers);

  /**
   * A part of a user stream, read to its end. Parts come in order; after a fault or a restart one
   * begins before the end of one that was told.
   *
   * @param stream 0 to 15
   * @param from the place that the part begins behind
   * @param next the place that it ends with
   * @param answers in the part, oldest first
   */
  record Answers(int stream, Cursor from, Cursor next, List<Answer> answers) {}

  /**
   * A positive that answers something served, and may be learnt from.
   *
   * @param place of its event
   * @param requestId of what was served
   * @param ordinal of the item
   */
  record Answer(Cursor place, String requestId, int ordinal) {}
}
