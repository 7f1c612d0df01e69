package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReactionModelTest {

  private static final Set<Reaction> NOTHING = EnumSet.noneOf(Reaction.class);
  private static final Set<Reaction> CLICKED = EnumSet.of(Reaction.CLICK);

  private static Showing showing(String user, String item, long atMs) {
    return new Showing(user, item, "creator", "category", "home", atMs, 30_000, 3);
  }

  /** Users u0 to u9 click on what is theirs: items of the same parity. */
  private static void play(ReactionModel model, int showings) {
    SplittableRandom random = new SplittableRandom(7);
    for (int n = 0; n < showings; n++) {
      int user = random.nextInt(10);
      int item = random.nextInt(10);
      Showing showing = showing("u" + user, "i" + item, n * 60_000L);
      model.learn(
          showing,
          model.describe(showing),
          user < 5 || item < 3 ? CLICKED : NOTHING,
          n * 60_000L + 30_000);
    }
  }

  private static double click(ReactionModel model, String user, String item) {
    return model.probability(Reaction.CLICK, model.describe(showing(user, item, 100_000_000_000L)));
  }

  @Test
  void it_learns_who_clicks_and_what_is_clicked() {
    ReactionModel model = new ReactionModel();

    play(model, 3_000);

    assertTrue(click(model, "u1", "i7") > 0.9);
    assertTrue(click(model, "u8", "i1") > 0.6);
    assertTrue(click(model, "u8", "i7") < 0.2);
    assertTrue(
        model.probability(Reaction.LIKE, model.describe(showing("u1", "i7", 100_000_000_000L)))
            < 0.02);
  }

  @Test
  void the_same_showings_give_the_same_probabilities() {
    ReactionModel one = new ReactionModel();
    ReactionModel other = new ReactionModel();

    play(one, 500);
    play(other, 500);

    assertEquals(click(one, "u3", "i3"), click(other, "u3", "i3"));
  }

  @Test
  void a_description_does_not_change_with_what_is_learnt_after_it() {
    ReactionModel model = new ReactionModel();
    Showing showing = showing("u1", "i1", 1_000);
    SparseRow before = model.describe(showing);
    int[] slots = slots(before);

    play(model, 50);

    assertTrue(java.util.Arrays.equals(slots, slots(before)));
    assertTrue(!java.util.Arrays.equals(slots, slots(model.describe(showing))));
  }

  @Test
  void what_a_user_watched_earlier_tells_before_the_first_showing() {
    ReactionModel model = new ReactionModel();
    model.recall("fan", 3, List.of("a", "b", "c"), List.of("a", "b", "c"), List.of("a"));
    model.recall("other", 3, List.of("a", "b", "c"), List.of(), List.of());
    for (int n = 0; n < 300; n++) {
      Showing showing = showing(n % 2 == 0 ? "fan" : "other", "x" + n, n);
      model.learn(showing, model.describe(showing), n % 2 == 0 ? CLICKED : NOTHING, n);
    }
    model.recall("fan too", 3, List.of("d", "e", "f"), List.of("d", "e", "f"), List.of("d"));
    model.recall("other too", 3, List.of("d", "e", "f"), List.of(), List.of());

    assertTrue(click(model, "fan too", "new") > click(model, "other too", "new") + 0.05);
  }

  @Test
  void rates_alone_follow_the_user_and_the_item() {
    ReactionModel model = new ReactionModel();

    play(model, 1_000);

    assertTrue(
        model.probabilityFromRates(Reaction.CLICK, showing("u1", "i1", 0))
            > model.probabilityFromRates(Reaction.CLICK, showing("u8", "i7", 0)) + 0.5);
    assertEquals(
        0.65, model.probabilityFromRates(Reaction.CLICK, showing("nobody", "nothing", 0)), 0.05);
  }

  private static int[] slots(SparseRow row) {
    int[] slots = new int[row.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = row.slot(i);
    }
    return slots;
  }
}
