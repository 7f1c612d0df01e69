package io.millrace.persistence;

import java.util.concurrent.CompletionStage;

/**
 * Takes events out of the journal that something else in it has made superfluous. A few hundred at
 * a time: other writes wait for it.
 */
public interface EventRemoval {

  /**
   * Deletes the events of a persistence id from one number to another, both included, before which
   * there are none; its numbers go on as if they were there. Done when that is as durable as an
   * event; fails with {@link StoreFailed} when the store takes no writes.
   */
  CompletionStage<Void> remove(String persistenceId, long from, long to);
}
