package io.millrace.retrieval;

import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.user.Leanings;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The question, to all sources, of somebody of whom nothing is known but what they took up. */
final class HistoryQuery {
  private static final Set<Source> ALL_SOURCES = EnumSet.allOf(Source.class);

  private HistoryQuery() {}

  /**
   * What they took up does not come back.
   *
   * @param space whose vectors to use; null for none
   * @param history ordinals, newest first
   * @param historyAtMs their times
   */
  static RetrievalQuery of(
      @Nullable TasteSpace space,
      long nowMs,
      int[] history,
      long[] historyAtMs,
      RetrievalSettings settings) {
    int[] excluded = history.clone();
    Arrays.sort(excluded);
    return new RetrievalQuery(
        nowMs,
        history,
        historyAtMs,
        excluded,
        List.of(),
        RetrievalQuery.Filter.NONE,
        ALL_SOURCES,
        settings.choicePerSource(),
        settings.choiceLimit(),
        space == null
            ? RetrievalQuery.Taste.NONE
            : UserVectors.of(space, Leanings.touched(history, historyAtMs)),
        RetrievalQuery.Refused.NONE);
  }
}
