package io.millrace.item;

import io.millrace.index.ItemFacts;
import org.jspecify.annotations.Nullable;

/**
 * What is decided about one item.
 *
 * @param facts null until it is first put
 * @param ordinal -1 until it is first put
 * @param itemSeq changes so far
 */
public record ItemState(@Nullable ItemFacts facts, int ordinal, long itemSeq, boolean retired) {

  public static final ItemState EMPTY = new ItemState(null, -1, 0, false);

  public ItemState after(ItemEvent event) {
    return switch (event) {
      case ItemEvent.ItemPut put -> new ItemState(put.facts(), put.ordinal(), put.itemSeq(), false);
      case ItemEvent.ItemRetired gone -> new ItemState(facts, gone.ordinal(), gone.itemSeq(), true);
    };
  }

  /** Whether it must be in no feed: retired, or put in a state that cannot be served. */
  public boolean tombstoned() {
    return facts != null && (retired || !facts.servable());
  }
}
