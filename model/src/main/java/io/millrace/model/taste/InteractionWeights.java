package io.millrace.model.taste;

/**
 * What an interaction says in the factorisation: (w, t), how sure and which way.
 *
 * <p>Units: w against 1 of a positive; t 1 for liked, 0 for nothing, below for refused.
 */
public final class InteractionWeights {

  private InteractionWeights() {}

  /** Kinds that the factorisation tells apart, with their weights and targets: chosen. */
  public enum Kind {
    LIKED(1, 1),
    COMPLETED(1, 1),
    /**
     * A touch that says something happened and not how it was liked, such as a low rating: on
     * MovieTweetings it is as good a fact as a liking.
     */
    TOUCHED(1, 1),
    NEUTRAL_VIEW(1, .3f),
    VIEWED_WITHOUT_ACTION(.05f, 0),
    FAST_SKIP(.3f, 0),
    NOT_INTERESTED(1, -.5f);

    private final float weight;
    private final float target;

    Kind(float weight, float target) {
      this.weight = weight;
      this.target = target;
    }

    public float weight() {
      return weight;
    }

    public float target() {
      return target;
    }
  }

  /**
   * What every fast skip and every view without action is multiplied by, so that all of them
   * together never outweigh the positives.
   *
   * @param positiveMass sum of the weights of targets above zero
   * @param ignoredMass sum of the weights of targets of zero
   */
  public static float cap(float positiveMass, float ignoredMass) {
    return ignoredMass <= positiveMass ? 1 : positiveMass / ignoredMass;
  }
}
