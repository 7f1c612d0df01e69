package io.millrace.item;

import io.millrace.index.ItemFacts;

/** What happened to an item, as stored. Every event is absolute: the last one says all. */
public sealed interface ItemEvent {

  String itemId();

  /** Counts the changes of this item, from 1. */
  long itemSeq();

  int ordinal();

  /** The item is what these facts say. Times in milliseconds since 1970: the caller's, ours. */
  record ItemPut(long itemSeq, int ordinal, long atMs, long acceptedAtMs, ItemFacts facts)
      implements ItemEvent {
    @Override
    public String itemId() {
      return facts.itemId();
    }
  }

  /** The item is in no later feed until it is put again. */
  record ItemRetired(
      String itemId, long itemSeq, int ordinal, long atMs, long acceptedAtMs, String reason)
      implements ItemEvent {}
}
