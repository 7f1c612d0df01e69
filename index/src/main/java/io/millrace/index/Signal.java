package io.millrace.index;

/**
 * One raw number that the index knows of a candidate for a query, before any model. Popularities
 * are shares of all decayed positives (0 to 1); co-visitations are sums of decayed pair weights
 * divided by (20 + the predecessor's out weight); the model turns them into features.
 */
public enum Signal {
  POPULAR_1D,
  POPULAR_3D,
  POPULAR_7D,
  POPULAR_14D,
  POPULAR_60D,
  POPULAR_EVER,
  CO_VISITED,
  CO_VISITED_LAST,
  CO_VISITED_SESSION,
  /**
   * As {@link #CO_VISITED}, but each pair divided by the root of (20 + the predecessor's out
   * weight) times (20 + the item's in weight).
   */
  CO_VISITED_COSINE,
  /** Inner product of the user's vector with the item's; 0 where either has none. */
  NEAREST,
  /** The same of the vector of the user's newest interactions. */
  NEAREST_RECENT,
  /** Inner product of the user's vector with what the item's content alone says. */
  NEAR_CONTENT,
  /** Milliseconds since the item was created; at least 0. */
  AGE_MS,
  /** Year the work came out; 0 when unknown. */
  RELEASE_YEAR,
  /** How near it is to what the user refused, 0 (not at all) to 2: {@link Refusals}. */
  REFUSED,
  /** Sum of .9^k times the likeness of words ({@link Words}) with item k of the history. */
  ALIKE,
  /** Likeness of words with the newest item of the history, 0 to 1. */
  ALIKE_LAST,
  /**
   * How much more the user's history is of the item's categories than the catalogue is, as a
   * logarithm; the mean over its categories, 0 without any.
   */
  CATEGORY_LEANING,
  /** Cosine of the item's vector with that of the newest item of the history. */
  NEAR_LAST
}
