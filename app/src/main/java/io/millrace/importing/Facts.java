package io.millrace.importing;

import io.millrace.index.ItemFacts;
import java.util.List;
import java.util.Map;

/** An item's facts while they are put together; what is not set is what an item has by default. */
public final class Facts {
  private final String itemId;
  private String title = "";
  private List<String> categories = List.of();
  private List<String> tags = List.of();
  private String creator = "";
  private long createdAtMs = 1;
  private double price = Double.NaN;
  private long durationMs;
  private Map<String, String> attributes = Map.of();

  private Facts(String itemId) {
    this.itemId = itemId;
  }

  public static Facts of(String itemId) {
    return new Facts(itemId);
  }

  public Facts title(String value) {
    title = value;
    return this;
  }

  public Facts categories(List<String> values) {
    categories = List.copyOf(values);
    return this;
  }

  public Facts tags(List<String> values) {
    tags = List.copyOf(values);
    return this;
  }

  public Facts creator(String value) {
    creator = value;
    return this;
  }

  /** Milliseconds since 1970; 0 is not a time here and becomes 1. */
  public Facts createdAt(long ms) {
    createdAtMs = ms == 0 ? 1 : ms;
    return this;
  }

  public Facts price(double value) {
    price = value;
    return this;
  }

  public Facts durationMs(long value) {
    durationMs = value;
    return this;
  }

  public Facts attributes(Map<String, String> values) {
    attributes = Map.copyOf(values);
    return this;
  }

  public ItemFacts build() {
    return new ItemFacts(
        itemId,
        title,
        categories,
        tags,
        creator,
        createdAtMs,
        "",
        price,
        -1,
        0,
        ItemFacts.Safety.SAFE,
        "",
        durationMs,
        attributes,
        List.of(),
        ItemFacts.Vector.NONE);
  }

  /** The same facts with another time of creation. */
  public static ItemFacts createdAt(ItemFacts item, long createdAtMs) {
    return new ItemFacts(
        item.itemId(),
        item.title(),
        item.categories(),
        item.tags(),
        item.creator(),
        createdAtMs == 0 ? 1 : createdAtMs,
        item.language(),
        item.price(),
        item.stock(),
        item.ageRating(),
        item.safety(),
        item.sponsor(),
        item.durationMs(),
        item.attributes(),
        item.variants(),
        item.vector());
  }
}
