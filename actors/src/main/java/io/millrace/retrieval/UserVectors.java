package io.millrace.retrieval;

import io.millrace.index.RetrievalQuery.Taste;
import io.millrace.model.taste.FoldIn;
import io.millrace.user.Leanings;

/**
 * Derives a user's vectors from what they did: folded in on a generation, exactly, at every read;
 * nothing of it is kept. The long-term one from all leanings, the recent one from the newest
 * {@value #RECENT}, each counting .9 of the one after it.
 */
public final class UserVectors {

  private static final int RECENT = 20;
  private static final float FADE = .9f;
  private static final float[] NO_PRIOR = {};

  private UserVectors() {}

  /** None when nothing is known of the user, or of their items. */
  public static Taste of(TasteSpace space, Leanings leanings) {
    if (leanings.size() == 0) {
      return Taste.NONE;
    }
    FoldIn fold = new FoldIn(space.generation().settings());
    float[] longTerm = new float[space.generation().dimensions()];
    if (!solve(space, leanings, 1, fold, longTerm)) {
      return Taste.NONE;
    }
    float[] recent = new float[longTerm.length];
    solve(space, leanings.newest(RECENT), FADE, fold, recent);
    return new Taste(space.number(), longTerm, recent);
  }

  private static boolean solve(
      TasteSpace space, Leanings leanings, float fade, FoldIn fold, float[] out) {
    space.generation().beginUser(fold, NO_PRIOR);
    float weight = 1;
    for (int i = 0; i < leanings.size(); i++, weight *= fade) {
      boolean against = leanings.against()[i];
      space.addFact(
          fold,
          leanings.ordinals()[i],
          weight * Leaning.weight(leanings.strengths()[i], against),
          Leaning.target(leanings.strengths()[i], against));
    }
    if (fold.facts() == 0) {
      return false;
    }
    fold.solve(out, 0);
    return true;
  }
}
