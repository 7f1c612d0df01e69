package io.millrace.item;

import org.jspecify.annotations.Nullable;

/**
 * A node's own view of all items: cards to stamp interactions with, and tombstones to check feeds
 * against. Written by {@link CatalogueFollowerActor} alone; read by any thread without locks.
 */
public interface Catalogue {

  /** Null for an item nobody has put. Retired items keep their card. */
  @Nullable ItemCard card(String itemId);

  @Nullable ItemCard card(int ordinal);

  /** Whether the item must be in no feed: retired, or put in a state that cannot be served. */
  boolean tombstoned(int ordinal);

  /** Whether it has reached the head of every item stream at least once since start. */
  boolean ready();
}
