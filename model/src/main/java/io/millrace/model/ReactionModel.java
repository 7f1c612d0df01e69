package io.millrace.model;

import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * Predicts what a user will do with an item that is about to be shown, and learns from what came of
 * it: counters as features ({@code ReactionFeatures}), one {@link OnlineLogistic} for each {@link
 * Reaction}. Owned by one thread. The same calls in the same order give the same probabilities.
 *
 * <p>A showing is described once, before it; what is learnt later is learnt from that description,
 * so that nothing of its outcome is in it.
 */
public final class ReactionModel {

  private final ReactionFeatures features = new ReactionFeatures();
  private final Map<Reaction, OnlineLogistic> predictors = new EnumMap<>(Reaction.class);

  public ReactionModel() {
    for (Reaction reaction : Reaction.values()) {
      predictors.put(reaction, new OnlineLogistic());
    }
  }

  /** The features of a showing, from what is known at this moment. */
  public SparseRow describe(Showing showing) {
    return features.of(showing);
  }

  /** The probability of a reaction, strictly between 0 and 1. */
  public double probability(Reaction reaction, SparseRow described) {
    return predictor(reaction).probability(described);
  }

  /** The guess from the user's and the item's own rates alone: what learning has to beat. */
  public double probabilityFromRates(Reaction reaction, Showing showing) {
    return features.ofRates(showing, reaction);
  }

  /**
   * What came of a showing is known from now on.
   *
   * @param described as it was before the showing
   * @param endedAtMs when the user was done with it
   */
  public void learn(Showing showing, SparseRow described, Set<Reaction> reactions, long endedAtMs) {
    for (Reaction reaction : Reaction.values()) {
      predictor(reaction).learn(described, reactions.contains(reaction));
    }
    features.observe(showing, reactions, endedAtMs);
  }

  /**
   * What a user did in weeks of which only this is kept.
   *
   * @param length how many items were watched in all
   * @param watched the last of these, also repeatedly
   * @param watchedLong those that were watched long
   * @param liked those that were liked
   */
  public void recall(
      String user,
      int length,
      Collection<String> watched,
      Collection<String> watchedLong,
      Collection<String> liked) {
    features.recall(user, length, watched, watchedLong, liked);
  }

  private OnlineLogistic predictor(Reaction reaction) {
    OnlineLogistic predictor = predictors.get(reaction);
    if (predictor == null) {
      throw new IllegalStateException("no predictor of " + reaction);
    }
    return predictor;
  }
}
