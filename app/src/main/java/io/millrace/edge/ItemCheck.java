package io.millrace.edge;

import io.millrace.index.ItemFacts;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.SafetyClass;
import io.millrace.proto.v1.Variant;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What an item must be to be taken, and what it then is to the actors. Pure. */
public final class ItemCheck {
  private static final long LONGEST_MS = Duration.ofDays(30).toMillis();
  private static final int MOST_VALUES = 2_048;

  private ItemCheck() {}

  /**
   * Everything wrong with one item.
   *
   * @param vectorLength values that the catalogue's vectors have; 0 when it has none yet
   */
  public static void item(Item item, int vectorLength, long nowMs, Problems problems) {
    problems.id("itemId", item.getItemId(), 1, 256);
    problems.text("title", item.getTitle(), 0, 1_000);
    problems.texts("categories", item.getCategoriesList(), 32, 128);
    problems.texts("tags", item.getTagsList(), 100, 128);
    problems.text("creator", item.getCreator(), 0, 256);
    long latest = nowMs + InteractionCheck.MOST_AHEAD.toMillis();
    if (item.getCreatedAtMillis() > latest) {
      problems.add(
          "createdAtMillis",
          String.valueOf(item.getCreatedAtMillis()),
          "at most " + latest + " (24 hours ahead of the server)");
    }
    problems.text("language", item.getLanguage(), 0, 35);
    if (item.hasPrice() && !(item.getPrice() >= 0 && Double.isFinite(item.getPrice()))) {
      problems.add("price", String.valueOf(item.getPrice()), "a finite number, at least 0");
    }
    if (item.hasStock()) {
      problems.count("stock", item.getStock(), Long.MAX_VALUE);
    }
    problems.count("ageRating", Integer.toUnsignedLong(item.getAgeRating()), 21);
    if (item.getSafety() == SafetyClass.UNRECOGNIZED) {
      problems.add("safety", String.valueOf(item.getSafetyValue()), "SAFE, SENSITIVE or UNSAFE");
    }
    problems.text("sponsor", item.getSponsor(), 0, 256);
    problems.count("durationMs", item.getDurationMs(), LONGEST_MS);
    attributes("attributes", item.getAttributesMap(), problems);
    variants("variants", item.getVariantsList(), problems);
    vector("vector", item, vectorLength, problems);
  }

  private static void attributes(String path, Map<String, String> pairs, Problems problems) {
    if (pairs.size() > 64) {
      problems.add(path + " has " + pairs.size() + " pairs, expected at most 64");
      return;
    }
    pairs.forEach((key, value) -> {
      problems.text(path + " key", key, 1, 64);
      problems.text(path + "." + key, value, 0, 1_000);
    });
  }

  private static void variants(String path, List<Variant> variants, Problems problems) {
    if (variants.size() > 16) {
      problems.add(path + " has " + variants.size() + " entries, expected at most 16");
      return;
    }
    for (int i = 0; i < variants.size(); i++) {
      Variant variant = variants.get(i);
      problems.id(path + "[" + i + "].variantId", variant.getVariantId(), 1, 64);
      problems.text(path + "[" + i + "].title", variant.getTitle(), 0, 1_000);
      problems.text(path + "[" + i + "].artworkUrl", variant.getArtworkUrl(), 0, 1_000);
    }
  }

  private static void vector(String path, Item item, int length, Problems problems) {
    int values = item.getVectorCount();
    if (values == 0) {
      return;
    }
    if (values > MOST_VALUES || (length > 0 && values != length)) {
      problems.add(
          path
              + " has "
              + values
              + " values, expected "
              + (length > 0 ? String.valueOf(length) : "at most " + MOST_VALUES));
      return;
    }
    for (int i = 0; i < values; i++) {
      if (!Float.isFinite(item.getVector(i))) {
        problems.add(path + "[" + i + "]", String.valueOf(item.getVector(i)), "a finite number");
        return;
      }
    }
  }

  /**
   * A checked item as the actors take it.
   *
   * @param createdAtMs used when the item does not say
   */
  public static ItemFacts facts(Item item, long createdAtMs) {
    float[] vector = new float[item.getVectorCount()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = item.getVector(i);
    }
    return new ItemFacts(
        item.getItemId(),
        item.getTitle(),
        List.copyOf(item.getCategoriesList()),
        List.copyOf(item.getTagsList()),
        item.getCreator(),
        item.getCreatedAtMillis() == 0 ? createdAtMs : item.getCreatedAtMillis(),
        item.getLanguage(),
        item.hasPrice() ? item.getPrice() : Double.NaN,
        item.hasStock() ? item.getStock() : -1,
        item.getAgeRating(),
        ItemFacts.Safety.valueOf(item.getSafety().name()),
        item.getSponsor(),
        item.getDurationMs(),
        Map.copyOf(item.getAttributesMap()),
        item.getVariantsList().stream()
            .map(v -> new ItemFacts.Variant(v.getVariantId(), v.getTitle(), v.getArtworkUrl()))
            .toList(),
        vector.length == 0 ? ItemFacts.Vector.NONE : new ItemFacts.Vector(vector));
  }

  /** An item of the actors as the contract words it. */
  public static Item item(ItemFacts facts) {
    Item.Builder item =
        Item.newBuilder()
            .setItemId(facts.itemId())
            .setTitle(facts.title())
            .addAllCategories(facts.categories())
            .addAllTags(facts.tags())
            .setCreator(facts.creator())
            .setCreatedAtMillis(facts.createdAtMs())
            .setLanguage(facts.language())
            .setAgeRating(facts.ageRating())
            .setSafety(SafetyClass.valueOf(facts.safety().name()))
            .setSponsor(facts.sponsor())
            .setDurationMs(facts.durationMs())
            .putAllAttributes(facts.attributes());
    if (!Double.isNaN(facts.price())) {
      item.setPrice(facts.price());
    }
    if (facts.stock() >= 0) {
      item.setStock(facts.stock());
    }
    for (ItemFacts.Variant v : facts.variants()) {
      item.addVariants(
          Variant.newBuilder()
              .setVariantId(v.variantId())
              .setTitle(v.title())
              .setArtworkUrl(v.artworkUrl()));
    }
    for (int i = 0; i < facts.vector().length(); i++) {
      item.addVector(facts.vector().get(i));
    }
    return item.build();
  }
}
