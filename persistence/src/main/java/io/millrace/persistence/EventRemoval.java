package io.millrace.persistence;

import java.util.concurrent.CompletionStage;

/**
 * Takes events out of the journal that something else in it has made superfluous. A few hundred at
 * a time: other writes wait for it.
 */
public interface EventRemoval {

  /**
   * Deletes the events of a persistence id up to a number, if there are any; its numbers go on as
   * if they were there. Done when that is as durable as an event; fails with {@link StoreFailed}
   * when the store takes no writes.
   */
  CompletionStage<Void> removeTo(String persistenceId, long sequence);
}
