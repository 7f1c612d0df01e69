package io.millrace.item;

import io.millrace.index.ItemFacts;
import java.util.List;

/**
 * What a node knows of an item without asking anybody: enough to stamp an interaction with it.
 *
 * @param ordinal dense number of the item, granted once, never reused
 * @param itemHash {@link ItemIds#hash} of the id: the key of evidence
 * @param categories the first is the primary one
 * @param creator empty when unknown
 * @param durationMs 0 when it has none
 * @param createdAtMs milliseconds since 1970
 */
public record ItemCard(
    String itemId,
    int ordinal,
    long itemHash,
    List<String> categories,
    String creator,
    long durationMs,
    long createdAtMs) {

  /** The card of these facts. */
  public static ItemCard of(ItemFacts facts, int ordinal) {
    return new ItemCard(
        facts.itemId(),
        ordinal,
        ItemIds.hash(facts.itemId()),
        facts.categories(),
        facts.creator(),
        facts.durationMs(),
        facts.createdAtMs());
  }
}
