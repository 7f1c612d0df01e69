package io.millrace.evidence;

import io.millrace.persistence.StoredEvent;
import java.util.List;

/**
 * What evidence reads of a user's stored events: the interactions that may be learned from. It
 * holds the keys; what it returns names no user.
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

  /** The interactions in it that may be learned from; empty for events of other kinds. */
  record Observations(List<Observed> observed) implements Reading {
    public static final Observations NONE = new Observations(List.of());
  }

  /** The user's key is destroyed: nobody can read it. */
  record Forgotten() implements Reading {}
}
