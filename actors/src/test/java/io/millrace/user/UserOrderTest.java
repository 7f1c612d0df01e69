package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.millrace.serialization.UserCodec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** P2: the last hour's events give the same state in any order of arrival. */
class UserOrderTest {
  private static final InteractionKind[] KINDS = {
    InteractionKind.IMPRESSION,
    InteractionKind.CLICK,
    InteractionKind.LIKE,
    InteractionKind.UNLIKE,
    InteractionKind.RATING,
    InteractionKind.SKIP,
    InteractionKind.NOT_INTERESTED,
    InteractionKind.ADD_TO_CART,
    InteractionKind.REMOVE_FROM_CART,
    InteractionKind.FOLLOW,
    InteractionKind.UNFOLLOW,
    InteractionKind.HIDE_CREATOR
  };

  private final UserFixture world = new UserFixture(400);

  @Property(tries = 60)
  void the_last_hours_events_give_the_same_state_in_any_order(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 900) int older) {
    Random random = new Random(seed);
    UserState before = UserState.EMPTY;
    for (int i = 0; i < older; i++) {
      Interaction did = any(random, "old-" + i, NOON - 7_200_000L - (older - i) * 600_000L);
      before = before.after(UserFixture.recorded(before, did.atMs(), did));
    }
    before = before.after(UserStateTest.served(before, "r", 300, 301, 302, 303, 304));
    List<Interaction> hour = new ArrayList<>();
    for (int i = 0; i < 2 + random.nextInt(120); i++) {
      // Few different times, so that ids have to decide.
      hour.add(any(random, "new-" + i, NOON - random.nextInt(3_600) * 1_000L));
    }

    byte[] inOrder = fold(before, hour);
    Collections.shuffle(hour, random);

    assertArrayEquals(inOrder, fold(before, hour));
  }

  private byte[] fold(UserState state, List<Interaction> hour) {
    UserState after = state;
    for (Interaction did : hour) {
      after = after.after(UserFixture.recorded(after, NOON, did));
    }
    return UserCodec.snapshot(after.canonical());
  }

  private Interaction any(Random random, String id, long atMs) {
    InteractionKind kind = KINDS[random.nextInt(KINDS.length)];
    int ordinal = random.nextInt(60);
    boolean slotted = random.nextInt(6) == 0;
    int slot = random.nextInt(5);
    return slotted
        ? world.did(id, kind, 300 + slot, atMs, "r", slot, 7)
        : world.did(id, kind, ordinal, atMs, "", -1, random.nextInt(11));
  }
}
