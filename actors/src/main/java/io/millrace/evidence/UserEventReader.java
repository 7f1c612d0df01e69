package io.millrace.evidence;

import io.millrace.evidence.AnswerSink.Answer;
import io.millrace.persistence.StoredEvent;
import java.util.List;

/**
 * What evidence and the trainer read of a user's stored events: what may be learnt from. It holds
 * the keys; what it returns names no user, but an answer names the request of one: that must not be
 * stored, nor leave the node, in plain.
 */
@FunctionalInterface
public interface UserEventReader {

  /**
   * Reads one event of a user stream.
   *
   * @throws IllegalArgumentException when the bytes are none of ours
   */
  Reading read(StoredEvent stored);

  /** What one stored event says. */
  sealed interface Reading {}

  /** The interactions in it that may be learnt from; empty for events of other kinds. */
  record Observations(List<Observed> observed, List<Answer> answers) implements Reading {
    public static final Observations NONE = new Observations(List.of(), List.of());
  }

  /** The user's key is destroyed: nobody can read it. */
  record Forgotten() implements Reading {}
}
