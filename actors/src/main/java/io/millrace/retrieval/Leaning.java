package io.millrace.retrieval;

/**
 * What an interaction is worth to the factorisation: how much it counts (w), and what the product
 * of user and item should be (t). The same for training and for folding in.
 *
 * <p>Whatever was taken up counts 1 with t = 1: what people chose to rate or buy is what they take
 * to, whatever they thought of it afterwards. What was refused counts 1 with t = -.5, a fast skip
 * .3 with t = 0.
 */
public final class Leaning {

  private Leaning() {}

  /** From here on it is an opinion, not a passing by. */
  private static final int OPINION = -50;

  public static float weight(int strength, boolean against) {
    return against && strength > OPINION ? .3f : 1;
  }

  public static float target(int strength, boolean against) {
    return against ? strength > OPINION ? 0 : -.5f : 1;
  }
}
