package io.millrace.retrieval;

import io.millrace.index.RetrievalQuery.Taste;
import io.millrace.model.taste.FoldIn;
import io.millrace.user.Leanings;

/**
 * Derives a user's vectors from what they took up: folded in on a generation, exactly, at every
 * read; nothing of it is kept. The long-term one from all of it, the recent one from the newest
 * {@value #RECENT}, each counting .9 of the one after it. What they refused is no part of it: that
 * fades within days and reaches only what is near it ({@link UserRefusals}).
 */
public final class UserVectors {

  private static final int RECENT = 20;
  private static final float FADE = .9f;
  private static final float[] NO_PRIOR = {};
  private static final float[] NO_VECTOR = {};

  private UserVectors() {}

  /** Without values when nothing is known of the user, or of their items. */
  public static Taste of(TasteSpace space, Leanings leanings) {
    FoldIn fold = new FoldIn(space.generation().settings());
    float[] longTerm = new float[space.generation().dimensions()];
    if (!solve(space, leanings, Integer.MAX_VALUE, 1, fold, longTerm)) {
      return new Taste(space.number(), NO_VECTOR, NO_VECTOR);
    }
    float[] recent = new float[longTerm.length];
    solve(space, leanings, RECENT, FADE, fold, recent);
    return new Taste(space.number(), longTerm, recent);
  }

  private static boolean solve(
      TasteSpace space, Leanings leanings, int most, float fade, FoldIn fold, float[] out) {
    space.generation().beginUser(fold, NO_PRIOR);
    float weight = 1;
    int taken = 0;
    for (int i = 0; i < leanings.size() && taken < most; i++) {
      if (!leanings.against()[i]) {
        space.addFact(
            fold,
            leanings.ordinals()[i],
            weight * Leaning.weight(leanings.strengths()[i], false),
            Leaning.target(leanings.strengths()[i], false));
        weight *= fade;
        taken++;
      }
    }
    if (fold.facts() == 0) {
      return false;
    }
    fold.solve(out, 0);
    return true;
  }
}
