package io.millrace.user;

import static io.millrace.user.Meaning.ACTED;
import static io.millrace.user.Meaning.OPINION;
import static io.millrace.user.Meaning.POSITIVE;
import static io.millrace.user.Meaning.TOUCH;
import static io.millrace.user.Meaning.VIEW;

/**
 * The table from what a user did to what it says, one line per kind.
 *
 * <p>Touches are what histories, pairs and popularity are made of; measured on MovieTweetings:
 * every rating counts there, not only good ones (HR@20 .3329 against .3294). Strengths are chosen;
 * they order the tastes that are shown and are no input of the ranker.
 */
public final class Reward {

  /** Ratings are 0 to 10; from here on they are positives. As in the evaluation's protocol. */
  private static final double GOOD_RATING = 7;

  /** Share of the duration from which a view is a positive: chosen. */
  private static final double LONG_SHARE = .7;

  /** A view that ended sooner, below this share, is a fast skip: chosen. */
  private static final long FAST_MS = 3_000;

  private static final double FAST_SHARE = .1;

  /** As the contract's {@code View.End}. */
  private static final int COMPLETED = 1;

  private static final int POSITIVE_OPINION = TOUCH | POSITIVE | ACTED | OPINION;

  private Reward() {}

  /** What it says; an item that is not known yet is judged by what the interaction itself holds. */
  public static Meaning of(Interaction did) {
    return switch (did.kind()) {
      case IMPRESSION, SEARCH -> new Meaning(0, 0);
      case CUSTOM, UNFOLLOW -> new Meaning(0, ACTED);
      case CLICK -> new Meaning(20, TOUCH | ACTED | VIEW);
      case VIEW -> view(did);
      case LIKE, PURCHASE -> new Meaning(100, POSITIVE_OPINION);
      case SAVE, SHARE -> new Meaning(90, POSITIVE_OPINION);
      case COMMENT, FOLLOW -> new Meaning(70, POSITIVE_OPINION);
      case ADD_TO_CART -> new Meaning(80, POSITIVE_OPINION);
      case RATING -> rating(did.value());
      case UNLIKE, REMOVE_FROM_CART, RETURN -> new Meaning(0, ACTED | OPINION);
      case SKIP -> new Meaning(-30, ACTED | VIEW);
      case NOT_INTERESTED, HIDE_CREATOR, HIDE_CATEGORY -> new Meaning(-50, ACTED | OPINION);
      case REPORT -> new Meaning(-100, ACTED | OPINION);
    };
  }

  private static Meaning rating(double value) {
    if (value >= GOOD_RATING) {
      return new Meaning((int) Math.round(Math.min(10, value) * 10), POSITIVE_OPINION);
    }
    double below = Double.isNaN(value) ? 0 : (Math.max(0, value) - 6) / 6;
    return new Meaning((int) Math.round(Math.min(0, below) * 100), TOUCH | ACTED | OPINION);
  }

  private static Meaning view(Interaction did) {
    Interaction.View view = did.view();
    if (view == null) {
      return new Meaning(30, TOUCH | ACTED | VIEW);
    }
    long duration =
        view.durationMs() > 0
            ? view.durationMs()
            : did.card() == null ? 0 : did.card().durationMs();
    double share = duration > 0 ? (double) view.playedMs() / duration : 0;
    if (view.end() == COMPLETED || view.loops() > 0 || share >= LONG_SHARE) {
      int strength = view.end() == COMPLETED || share >= 1 ? 100 : (int) Math.round(share * 100);
      return new Meaning(Math.max(strength, 70), TOUCH | POSITIVE | ACTED | VIEW);
    }
    if (view.playedMs() < FAST_MS && share < FAST_SHARE) {
      return new Meaning(-20, ACTED | VIEW);
    }
    return new Meaning(30, TOUCH | ACTED | VIEW);
  }
}
