package io.millrace.user;

/**
 * What one interaction is taken to say, decided when it is recorded and stored with it, so that a
 * changed {@link Reward} never changes what was.
 *
 * @param strength in hundredths, -100 (refused) to 100 (loved)
 * @param bits sum of {@link #TOUCH}, {@link #POSITIVE}, {@link #ACTED}, {@link #VIEW} and {@link
 *     #OPINION}. Frozen: they are stored.
 */
public record Meaning(int strength, int bits) {
  /** The item is part of the history from now on. */
  public static final int TOUCH = 1;

  public static final int POSITIVE = 2;

  /** The user did more than see it. */
  public static final int ACTED = 4;

  /** It speaks as a view: the latest view is what counts, if there is no opinion. */
  public static final int VIEW = 8;

  /** It speaks as an opinion: the latest one is what counts. */
  public static final int OPINION = 16;

  public boolean touch() {
    return (bits & TOUCH) != 0;
  }

  public boolean positive() {
    return (bits & POSITIVE) != 0;
  }

  public boolean acted() {
    return (bits & ACTED) != 0;
  }

  /** Whether it says anything about taste or history. */
  public boolean speaks() {
    return (bits & (VIEW | OPINION)) != 0;
  }
}
