package io.millrace.feed;

import io.millrace.index.Candidates;
import io.millrace.index.ItemFacts;
import io.millrace.index.Signal;
import io.millrace.index.Source;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why an item is in a slate, in words for the person who sees it, the most personal reason first.
 */
final class Reasons {

  private static final int MOST = 3;

  /** Nearness to a refusal that is worth a word. Chosen. */
  private static final float NOTICED = .2f;

  private Reasons() {}

  /**
   * Words the reasons of one row.
   *
   * @param because the history item that speaks most for it; null when none does
   * @param liked whether the user liked that one, or only used it
   */
  static List<String> of(
      Candidates candidates, int row, ItemFacts facts, @Nullable ItemFacts because, boolean liked) {
    int sources = candidates.sources()[row];
    List<String> reasons = new ArrayList<>();
    if (because != null) {
      reasons.add(liked ? "because you liked " + because.title() : "goes with " + because.title());
    } else if (has(sources, Source.CO_VISITED)) {
      reasons.add("goes with what you chose");
    }
    if (has(sources, Source.NEAREST) || has(sources, Source.NEAREST_RECENT)) {
      reasons.add("close to your taste");
    } else if (has(sources, Source.NEAR_ARRIVALS)) {
      reasons.add("new, and close to your taste");
    }
    if (has(sources, Source.NEAR_CONTENT)) {
      reasons.add("like what you chose, by its description");
    }
    if (has(sources, Source.RETURNING)) {
      reasons.add("popular in your categories while you were away");
    }
    if (has(sources, Source.FOLLOWED) && !facts.creator().isEmpty()) {
      reasons.add("new from " + facts.creator() + ", whom you follow");
    }
    if (has(sources, Source.ARRIVALS)) {
      reasons.add("new and already popular");
    }
    if (has(sources, Source.TRENDING)) {
      reasons.add("trending now");
    }
    if (has(sources, Source.POPULAR_1D)) {
      reasons.add("popular today");
    } else if (has(sources, Source.POPULAR_3D) || has(sources, Source.POPULAR_7D)) {
      reasons.add("popular this week");
    } else if (has(sources, Source.POPULAR_14D) || has(sources, Source.POPULAR_60D)) {
      reasons.add("popular these weeks");
    } else if (has(sources, Source.POPULAR_EVER)) {
      reasons.add("popular of all time");
    }
    if (reasons.isEmpty()) {
      reasons.add("asked for by the caller");
    }
    if (candidates.signal(Signal.REFUSED, row) >= NOTICED) {
      // It outweighed what speaks against it, and that is told whatever else is.
      reasons.add(Math.min(MOST - 1, reasons.size()), "shown less: like what you refused");
    }
    return List.copyOf(reasons.subList(0, Math.min(MOST, reasons.size())));
  }

  static List<String> sources(int mask) {
    List<String> labels = new ArrayList<>();
    for (Source source : Source.values()) {
      if (has(mask, source)) {
        labels.add(source.label());
      }
    }
    return labels;
  }

  private static boolean has(int mask, Source source) {
    return (mask & source.bit()) != 0;
  }
}
