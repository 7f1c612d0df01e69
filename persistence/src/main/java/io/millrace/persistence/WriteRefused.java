package io.millrace.persistence;

/**
 * The fault of a write that the store will not take: a sequence number that is not above the stored
 * one, a second stream for a persistence id, or a full queue. Nothing of the write was stored.
 */
public final class WriteRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WriteRefused(String message) {
    super(message);
  }

  static WriteRefused sequence(String persistenceId, long actual, long stored) {
    return new WriteRefused(
        "sequence %d of %s is refused, expected above %d".formatted(actual, persistenceId, stored));
  }

  static WriteRefused stream(String persistenceId, String actual, String expected) {
    return new WriteRefused(
        "%s belongs to stream %s and was written with %s"
            .formatted(persistenceId, expected, actual));
  }

  static WriteRefused full(int capacity) {
    return new WriteRefused("the write queue is full, it holds " + capacity);
  }
}
