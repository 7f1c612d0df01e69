package io.millrace.index;

import org.jspecify.annotations.Nullable;

/**
 * One item's facts as searches need them: immutable and replaced whole, so that no reader ever sees
 * half of a change. Names are numbers of {@link Names}.
 *
 * @param servable neither retired nor unfit for anybody
 * @param sensitive as the facts say
 * @param categoryLabel the primary category as {@link ItemHash#label}, -1 for none
 * @param creator -1 for none
 * @param releaseYear 0 when unknown
 */
record ItemRow(
    ItemFacts facts,
    long hash,
    boolean retired,
    boolean servable,
    boolean sensitive,
    long createdAtMs,
    int[] categories,
    int[] tags,
    int creator,
    int language,
    int categoryLabel,
    int creatorLabel,
    int releaseYear) {

  /** Whom an item may be shown to: nobody, whoever wants sensitive ones as well, or anybody. */
  static final byte NOBODY = 0;

  static final byte WHO_ALLOWS_SENSITIVE = 1;
  static final byte ANYBODY = 2;

  byte audience() {
    return !servable ? NOBODY : sensitive ? WHO_ALLOWS_SENSITIVE : ANYBODY;
  }

  /** The same as a number to order by; a double holds milliseconds for 285,000 years. */
  double createdKey() {
    return (double) createdAtMs;
  }

  ItemRow asRetired() {
    return new ItemRow(
        facts,
        hash,
        true,
        false,
        sensitive,
        createdAtMs,
        categories,
        tags,
        creator,
        language,
        categoryLabel,
        creatorLabel,
        releaseYear);
  }

  static ItemRow of(ItemFacts facts, Names names) {
    String primary = facts.categories().isEmpty() ? null : facts.categories().getFirst();
    String creator = facts.creator().isEmpty() ? null : facts.creator();
    return new ItemRow(
        facts,
        ItemHash.of(facts.itemId()),
        false,
        facts.servable(),
        facts.safety() == ItemFacts.Safety.SENSITIVE,
        facts.createdAtMs(),
        names.categories().shared(facts.categories()),
        names.tags().numbers(facts.tags()),
        creator == null ? -1 : names.creators().number(creator),
        facts.language().isEmpty() ? -1 : names.languages().number(facts.language()),
        primary == null ? -1 : ItemHash.label(primary),
        creator == null ? -1 : ItemHash.label(creator),
        year(facts.attributes().get(ItemFacts.RELEASE_YEAR)));
  }

  private static int year(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 5) {
      return 0;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return 0;
      }
    }
    return Integer.parseInt(text);
  }
}
