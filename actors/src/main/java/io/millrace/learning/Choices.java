package io.millrace.learning;

import io.millrace.index.Candidates;
import io.millrace.index.Signal;
import io.millrace.model.FusionContext;
import io.millrace.model.FusionFeature;
import io.millrace.model.FusionInput;
import io.millrace.model.FusionWeights;
import java.time.Instant;
import java.time.ZoneOffset;

/**
 * A question as the fusion sees it: the candidates' features and the circumstances. Made the same
 * way for a feed, for an imported positive and for the evaluation, so that what is learnt is what
 * is served.
 *
 * @param matrix {@code [feature][candidate]}
 */
public record Choices(
    Candidates candidates, FusionInput input, float[][] matrix, FusionContext context) {

  /**
   * Derives the features of candidates.
   *
   * @param touches items the user ever acted on
   * @param lastTouchAtMs {@code Long.MIN_VALUE} when there was none
   */
  public static Choices of(Candidates candidates, long nowMs, long touches, long lastTouchAtMs) {
    int nowYear = Instant.ofEpochMilli(nowMs).atZone(ZoneOffset.UTC).getYear();
    float historyYear = meanKnown(candidates.historyReleaseYear());
    float[][] s = candidates.signals();
    FusionInput input =
        new FusionInput(
            candidates.size(),
            new float[][] {
              s[Signal.POPULAR_1D.ordinal()],
              s[Signal.POPULAR_3D.ordinal()],
              s[Signal.POPULAR_7D.ordinal()],
              s[Signal.POPULAR_14D.ordinal()],
              s[Signal.POPULAR_60D.ordinal()],
              s[Signal.POPULAR_EVER.ordinal()]
            },
            new float[][] {
              s[Signal.CO_VISITED.ordinal()],
              s[Signal.CO_VISITED_LAST.ordinal()],
              s[Signal.CO_VISITED_SESSION.ordinal()],
              s[Signal.CO_VISITED_COSINE.ordinal()]
            },
            new float[][] {
              s[Signal.NEAREST.ordinal()],
              s[Signal.NEAREST_RECENT.ordinal()],
              s[Signal.NEAR_CONTENT.ordinal()],
              s[Signal.NEAR_LAST.ordinal()]
            },
            new float[][] {s[Signal.ALIKE.ordinal()], s[Signal.ALIKE_LAST.ordinal()]},
            s[Signal.CATEGORY_LEANING.ordinal()],
            s[Signal.AGE_MS.ordinal()],
            s[Signal.RELEASE_YEAR.ordinal()],
            nowYear,
            historyYear);
    long gapMs = lastTouchAtMs == Long.MIN_VALUE ? -1 : Math.max(0, nowMs - lastTouchAtMs);
    FusionContext context =
        FusionContext.of(touches, gapMs, historyYear, nowYear, candidates.historyPopularity());
    return new Choices(candidates, input, FusionFeature.matrix(input), context);
  }

  public int size() {
    return candidates.size();
  }

  public float[] scores(FusionWeights weights) {
    return weights.scores(matrix, size(), context);
  }

  /** Row of an item, -1 when it is no candidate. */
  public int rowOf(int ordinal) {
    int[] ordinals = candidates.ordinals();
    for (int row = 0; row < ordinals.length; row++) {
      if (ordinals[row] == ordinal) {
        return row;
      }
    }
    return -1;
  }

  private static float meanKnown(int[] years) {
    int sum = 0;
    int known = 0;
    for (int year : years) {
      if (year > 0) {
        sum += year;
        known++;
      }
    }
    return known == 0 ? Float.NaN : (float) sum / known;
  }
}
