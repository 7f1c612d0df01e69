package io.millrace.index;

import org.jspecify.annotations.Nullable;

/**
 * A filter made ready for one question: names looked up once, then a few comparisons an item.
 * Immutable.
 */
final class Eligibility {

  private final RetrievalQuery.Filter filter;
  private final long createdFromMs;
  private final boolean anything;
  private final int @Nullable [] categories;
  private final int[] excludedCategories;
  private final int @Nullable [] creators;
  private final int[] excludedCreators;
  private final int @Nullable [] tags;
  private final int @Nullable [] languages;

  Eligibility(RetrievalQuery.Filter filter, Names names, long nowMs) {
    this.filter = filter;
    this.createdFromMs =
        filter.createdWithinMs() < 0 ? Long.MIN_VALUE : nowMs - filter.createdWithinMs();
    this.anything = filter.equals(RetrievalQuery.Filter.NONE);
    this.categories =
        filter.categories().isEmpty() ? null : names.categories().known(filter.categories());
    this.excludedCategories = names.categories().known(filter.excludeCategories());
    this.creators = filter.creators().isEmpty() ? null : names.creators().known(filter.creators());
    this.excludedCreators = names.creators().known(filter.excludeCreators());
    this.tags = filter.tags().isEmpty() ? null : names.tags().known(filter.tags());
    this.languages =
        filter.languages().isEmpty() ? null : names.languages().known(filter.languages());
  }

  /** The known ones of the categories that are asked for; null when any will do. */
  int @Nullable [] categories() {
    return categories;
  }

  boolean admits(int ordinal, IndexView view) {
    byte audience = view.audiences()[ordinal];
    if (audience == ItemRow.NOBODY
        || (audience == ItemRow.WHO_ALLOWS_SENSITIVE && !filter.allowSensitive())) {
      return false;
    }
    return anything || asked(view.row(ordinal));
  }

  private boolean asked(@Nullable ItemRow row) {
    if (row == null) {
      return false;
    }
    ItemFacts facts = row.facts();
    // Written so that a price of NaN fails every bound.
    return (categories == null || anyOf(row.categories(), categories))
        && !anyOf(row.categories(), excludedCategories)
        && (creators == null || contains(creators, row.creator()))
        && !contains(excludedCreators, row.creator())
        && (tags == null || anyOf(row.tags(), tags))
        && (languages == null || contains(languages, row.language()))
        && (Double.isNaN(filter.minPrice()) || facts.price() >= filter.minPrice())
        && (Double.isNaN(filter.maxPrice()) || facts.price() <= filter.maxPrice())
        && (filter.maxAgeRating() < 0 || facts.ageRating() <= filter.maxAgeRating())
        && (filter.maxDurationMs() < 0 || facts.durationMs() <= filter.maxDurationMs())
        && facts.createdAtMs() >= createdFromMs;
  }

  private static boolean anyOf(int[] some, int[] wanted) {
    for (int number : some) {
      if (contains(wanted, number)) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(int[] numbers, int wanted) {
    for (int number : numbers) {
      if (number == wanted) {
        return true;
      }
    }
    return false;
  }
}
