package io.millrace.model.taste;

/**
 * The constants of one generation's factorisation; they travel in its file, because vectors folded
 * with others would not fit it.
 *
 * @param dimensions of a vector, a multiple of 16, 16 to 512
 * @param unobserved a0: weight of a pair that was not observed, against 1 of a positive
 * @param ridge lambda of a vector without evidence
 * @param ridgeGrowth nu: lambda is {@code ridge * (1 + mass)^nu}, mass the sum of the weights
 */
public record TasteSettings(int dimensions, float unobserved, float ridge, float ridgeGrowth) {

  /**
   * Measured on MovieTweetings by what the nearest 300 hold: a0 of .01, .03, .1, .3, 1 gave .504,
   * .515, .500, .483, .453; a ridge of 4 only repeats popularity.
   */
  public static final TasteSettings DEFAULT = new TasteSettings(64, 0.03f, 1, 0.5f);

  public TasteSettings {
    if (dimensions < 16 || dimensions > 512 || dimensions % 16 != 0) {
      throw new IllegalArgumentException(
          "vectors have " + dimensions + " values, expected a multiple of 16 from 16 to 512");
    }
    require("unobserved", unobserved, 0);
    require("ridge", ridge, Float.MIN_VALUE);
    require("ridgeGrowth", ridgeGrowth, 0);
  }

  private static void require(String name, float value, float least) {
    if (!(value >= least) || !(value <= 1e6f)) {
      throw new IllegalArgumentException(name + " is " + value + ", expected " + least + " to 1e6");
    }
  }

  /** Lambda at that mass of evidence. */
  public float ridge(float mass) {
    return ridge * (float) StrictMath.pow(1 + mass, ridgeGrowth);
  }
}
