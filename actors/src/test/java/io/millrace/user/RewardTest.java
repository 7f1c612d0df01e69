package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class RewardTest {
  private final UserFixture world = new UserFixture(10);

  private static Interaction viewed(long playedMs, long durationMs, int end) {
    return new Interaction(
        "e",
        "item-1",
        UserFixture.card(1, "drama"),
        InteractionKind.VIEW,
        NOON,
        "home",
        "",
        "",
        -1,
        true,
        true,
        Double.NaN,
        1,
        "",
        new Interaction.View(playedMs, durationMs, 1, 0, 0, 0, 0, end),
        Interaction.Details.NONE);
  }

  @Test
  void every_kind_has_a_meaning_and_positives_are_touches() {
    EnumSet<InteractionKind> positives = EnumSet.noneOf(InteractionKind.class);
    for (InteractionKind kind : InteractionKind.values()) {
      Meaning meaning = Reward.of(world.did("e", kind, 1, NOON));
      assertTrue(Math.abs(meaning.strength()) <= 100);
      assertTrue(!meaning.positive() || (meaning.touch() && meaning.acted() && meaning.speaks()));
      if (meaning.positive()) {
        positives.add(kind);
      }
    }
    assertEquals(
        EnumSet.of(
            InteractionKind.LIKE,
            InteractionKind.SAVE,
            InteractionKind.SHARE,
            InteractionKind.COMMENT,
            InteractionKind.FOLLOW,
            InteractionKind.ADD_TO_CART,
            InteractionKind.PURCHASE),
        positives);
  }

  @Test
  void ratings_are_touches_and_from_seven_on_positives() {
    assertTrue(Reward.of(world.rated("e", 1, NOON, 7)).positive());
    Meaning poor = Reward.of(world.rated("e", 1, NOON, 3));
    assertTrue(poor.touch() && !poor.positive());
    assertEquals(-50, poor.strength());
    assertEquals(0, Reward.of(world.rated("e", 1, NOON, 6.5)).strength());
  }

  @Test
  void a_view_counts_by_how_much_of_it_was_played() {
    assertEquals(100, Reward.of(viewed(1_000, 90_000, 1)).strength());
    assertTrue(Reward.of(viewed(70_000, 0, 2)).positive());
    assertEquals(30, Reward.of(viewed(20_000, 0, 2)).strength());
    Meaning fast = Reward.of(viewed(1_000, 0, 2));
    assertEquals(-20, fast.strength());
    assertFalse(fast.touch());
  }
}
