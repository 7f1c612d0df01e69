package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.serialization.UserCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** P4 in the long run: what the state calls free never breaks what the auditor counts. */
class UserPromiseTest {
  private static final List<String> SURFACES = List.of("home", "shop", "cart");
  private static final long[] PAUSES = {
    1_000, 60_000, 1_700_000, 1_900_000, 20_000_000, 90_000_000
  };

  private final UserFixture world = new UserFixture(300);
  private UserState state = UserState.EMPTY;
  private PromiseAuditor auditor = new PromiseAuditor(UserFixture.SETTINGS);
  private int served;

  @Property(tries = 40)
  void whatever_a_user_does_nothing_is_served_that_is_reserved_or_was_viewed(@ForAll long seed) {
    Random random = new Random(seed);
    state = UserState.EMPTY;
    auditor = new PromiseAuditor(UserFixture.SETTINGS);
    long now = NOON;
    served = 0;
    List<UserEvent.FeedServed> slates = new ArrayList<>();
    for (int step = 0; step < 400; step++) {
      now += PAUSES[random.nextInt(4) > 0 ? random.nextInt(2) : random.nextInt(6)];
      world.nowMs = now;
      if (random.nextInt(50) == 0) {
        state = UserCodec.snapshot(UserCodec.snapshot(state));
      }
      if (slates.isEmpty() || random.nextInt(3) == 0) {
        UserEvent.FeedServed slate = slate("r" + step, SURFACES.get(random.nextInt(3)));
        if (slate != null) {
          slates.add(slate);
          tell(slate);
        }
      } else {
        UserEvent.FeedServed of = slates.get(Math.max(0, slates.size() - 1 - random.nextInt(4)));
        int slot = random.nextInt(of.slate().size());
        InteractionKind kind =
            random.nextInt(4) == 0 ? InteractionKind.LIKE : InteractionKind.IMPRESSION;
        boolean token = random.nextInt(5) > 0;
        tell(
            UserFixture.recorded(
                state,
                world.nowMs,
                world.did(
                    "e" + step,
                    kind,
                    of.slate().get(slot).ordinal(),
                    world.nowMs - random.nextInt(3) * 30_000L,
                    token ? of.requestId() : "",
                    token ? slot : -1,
                    Double.NaN)));
      }
    }

    assertEquals(List.of(), auditor.report().violations());
    assertTrue(served > 0);
  }

  private void tell(UserEvent event) {
    state = state.after(event);
    auditor.accept("user", event);
  }

  private UserEvent.@org.jspecify.annotations.Nullable FeedServed slate(
      String requestId, String surface) {
    Exclusions exclusions =
        Exclusions.of(
            state, List.of(), UserFixture.SETTINGS.repeats(surface), "", world.nowMs, world);
    List<UserActor.Slot> free = new ArrayList<>();
    for (int ordinal = 0; ordinal < 300 && free.size() < 12; ordinal++) {
      if (!exclusions.has(ordinal)) {
        free.addAll(UserFixture.slots(ordinal));
      }
    }
    if (free.size() < 12) {
      return null;
    }
    served++;
    return new UserEvent.FeedServed(
        state.userSeq() + 1,
        world.nowMs,
        requestId,
        surface,
        "",
        free.subList(0, 10),
        free.subList(10, 12),
        UserFixture.VERSIONS,
        1_800_000,
        14_400_000,
        new long[0]);
  }
}
