package io.millrace.persistence;

import java.util.List;

/**
 * The one port for reading the journal: streams of events, each ordered and without gaps for every
 * persistence id, each event seen at least once. Readers store the cursor with what they derive.
 *
 * <p>All methods may be called from any thread; they read the disk and may block for it, never for
 * a writer.
 */
public interface EventStream {

  /** The names of the streams that hold events, in order of their bytes. */
  List<String> streams();

  /**
   * The events behind a cursor, oldest first; an unknown stream is an empty one.
   *
   * @param max how many at most, from 1
   */
  Batch tail(String stream, Cursor cursor, int max);

  /** The place behind the last committed event, or {@link Cursor#START} in an empty stream. */
  Cursor head(String stream);

  /**
   * The events of one persistence id from a number on, in order; those deleted are left out.
   *
   * @param fromSequence the first to give, from 1
   * @param max how many at most, from 1; fewer come only when there are no more
   */
  List<StoredEvent> of(String persistenceId, long fromSequence, int max);

  /**
   * Calls back after each commit that touched the stream, before any write of it is acknowledged,
   * so that its readers need not poll. One call may stand for many events; a call may come without
   * news. It runs on the writer's thread: it must neither block nor throw (tell an actor, release a
   * semaphore).
   */
  Subscription onCommit(String stream, Runnable wakeUp);

  /**
   * What one read gave.
   *
   * @param events the events, oldest first
   * @param next the cursor to go on from; may lie behind the last event where rows were deleted
   * @param atHead whether nothing more was committed when it was read
   */
  record Batch(List<StoredEvent> events, Cursor next, boolean atHead) {}

  /** A wake-up that can be ended. */
  interface Subscription extends AutoCloseable {
    /** Ends it; a call under way may still finish. */
    @Override
    void close();
  }
}
