package io.millrace.index;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The bytes of an index: magic, version, body. The body holds facts and integer sums only, sorted;
 * whatever is derived is derived again. That they are whole is for whoever keeps them to check.
 */
final class Checkpoint {

  static final int MAGIC = 0x4d52_4958; // MRIX
  static final int VERSION = 2;

  private Checkpoint() {}

  static void begin(ByteWriter out) {
    out.number(MAGIC);
    out.number(VERSION);
  }

  /**
   * Reads what comes before the body.
   *
   * @throws IllegalArgumentException when these are not the bytes of a checkpoint
   */
  static void begin(ByteReader in) {
    long magic = in.number();
    if (magic != MAGIC) {
      throw new IllegalArgumentException(
          "index checkpoint begins with %08x, expected %08x".formatted(magic, MAGIC));
    }
    long version = in.number();
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "index checkpoint has version %d, expected %d".formatted(version, VERSION));
    }
  }

  static void write(ByteWriter out, ItemFacts facts) {
    out.text(facts.itemId());
    out.text(facts.title());
    texts(out, facts.categories());
    texts(out, facts.tags());
    out.text(facts.creator());
    out.number(facts.createdAtMs());
    out.text(facts.language());
    out.real(facts.price());
    out.number(facts.stock());
    out.number(facts.ageRating());
    out.number(facts.safety().ordinal());
    out.text(facts.sponsor());
    out.number(facts.durationMs());
    Map<String, String> attributes = new TreeMap<>(facts.attributes());
    out.number(attributes.size());
    for (Map.Entry<String, String> attribute : attributes.entrySet()) {
      out.text(attribute.getKey());
      out.text(attribute.getValue());
    }
    out.number(facts.variants().size());
    for (ItemFacts.Variant variant : facts.variants()) {
      out.text(variant.variantId());
      out.text(variant.title());
      out.text(variant.artworkUrl());
    }
    out.number(facts.vector().length());
    for (int i = 0; i < facts.vector().length(); i++) {
      out.real(facts.vector().get(i));
    }
  }

  static ItemFacts readFacts(ByteReader in) {
    String itemId = in.text();
    String title = in.text();
    List<String> categories = texts(in);
    List<String> tags = texts(in);
    String creator = in.text();
    long createdAtMs = in.number();
    String language = in.text();
    double price = in.real();
    long stock = in.number();
    int ageRating = in.integer();
    ItemFacts.Safety safety = safety(in.integer());
    String sponsor = in.text();
    long durationMs = in.number();
    Map<String, String> attributes = new TreeMap<>();
    for (int left = in.count(); left > 0; left--) {
      attributes.put(in.text(), in.text());
    }
    List<ItemFacts.Variant> variants = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      variants.add(new ItemFacts.Variant(in.text(), in.text(), in.text()));
    }
    float[] vector = new float[in.count()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = in.realFloat();
    }
    return new ItemFacts(
        itemId,
        title,
        categories,
        tags,
        creator,
        createdAtMs,
        language,
        price,
        stock,
        ageRating,
        safety,
        sponsor,
        durationMs,
        Map.copyOf(attributes),
        List.copyOf(variants),
        vector.length == 0 ? ItemFacts.Vector.NONE : new ItemFacts.Vector(vector));
  }

  private static ItemFacts.Safety safety(int number) {
    ItemFacts.Safety[] all = ItemFacts.Safety.values();
    if (number < 0 || number >= all.length) {
      throw new IllegalArgumentException("index checkpoint has safety class " + number);
    }
    return all[number];
  }

  private static void texts(ByteWriter out, List<String> texts) {
    out.number(texts.size());
    for (String text : texts) {
      out.text(text);
    }
  }

  private static List<String> texts(ByteReader in) {
    List<String> texts = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      texts.add(in.text());
    }
    return List.copyOf(texts);
  }
}
