package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static io.millrace.user.UserFixture.after;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.serialization.UserCodec;
import io.millrace.user.Profile.Taste;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UserStateTest {
  private static final long DAY = 86_400_000;
  private final UserFixture world = new UserFixture(6_000);

  @Test
  void the_history_is_what_was_touched_last_newest_first_each_once() {
    UserState state =
        after(
            UserState.EMPTY,
            world.did("a", InteractionKind.LIKE, 1, NOON - 5_000),
            world.rated("b", 2, NOON - 4_000, 3),
            world.did("c", InteractionKind.CLICK, 3, NOON - 3_000),
            world.did("d", InteractionKind.SAVE, 1, NOON - 2_000),
            world.did("e", InteractionKind.NOT_INTERESTED, 4, NOON - 1_000));

    Profile profile = world.profile(state);

    assertArrayEquals(new int[] {1, 3, 2}, profile.history());
    assertArrayEquals(new long[] {NOON - 2_000, NOON - 3_000, NOON - 4_000}, profile.historyAtMs());
    assertArrayEquals(new boolean[] {true, false, false}, profile.historyLiked());
    assertEquals(4, profile.touches());
    assertEquals(2, profile.positives());
    assertEquals(NOON - 2_000, profile.lastPositiveAtMs());
  }

  @Test
  void a_late_like_that_is_older_than_an_unlike_stays_unliked() {
    Interaction unlike = world.did("u", InteractionKind.UNLIKE, 1, NOON - 1_000);
    Interaction like = world.did("l", InteractionKind.LIKE, 1, NOON - 2_000);

    UserState state = after(after(UserState.EMPTY, unlike), like);

    assertEquals(0, world.profile(state).history().length);
    assertEquals(List.of(), world.profile(state).tastes());
  }

  @Test
  void a_view_after_a_like_leaves_it_liked() {
    UserState state =
        after(
            UserState.EMPTY,
            world.did("l", InteractionKind.LIKE, 1, NOON - 2_000),
            world.did("v", InteractionKind.SKIP, 1, NOON - 1_000));

    assertArrayEquals(new boolean[] {true}, world.profile(state).historyLiked());
  }

  @Test
  void without_consent_to_personalise_an_event_counts_for_exclusions_alone() {
    Interaction like = world.did("l", InteractionKind.LIKE, 1, NOON);
    Interaction silent =
        new Interaction(
            "s",
            "item-2",
            world.card(2),
            InteractionKind.LIKE,
            NOON,
            "home",
            "",
            "",
            -1,
            false,
            true,
            Double.NaN,
            1,
            "",
            null,
            Interaction.Details.NONE);

    Profile profile = world.profile(after(UserState.EMPTY, like, silent));

    assertArrayEquals(new int[] {1}, profile.history());
    assertArrayEquals(new int[] {1, 2}, profile.taken());
    assertEquals(1, profile.touches());
  }

  @Test
  void each_surface_says_what_repeats_mean() {
    UserState state =
        after(
            UserState.EMPTY,
            world.saw("i", 1, "", -1, NOON - 3 * DAY),
            world.did("p", InteractionKind.PURCHASE, 2, NOON - 3 * DAY),
            world.did("q", InteractionKind.PURCHASE, 3, NOON - 300 * DAY),
            world.saw("j", 4, "", -1, NOON - 31 * DAY));

    assertArrayEquals(new int[] {1, 2, 3}, world.profile(state, "home").taken());
    assertArrayEquals(new int[] {}, world.profile(state, "shop").taken());
    assertArrayEquals(new int[] {2, 3}, world.profile(state, "eval").taken());
    assertArrayEquals(new int[] {}, world.profile(state, "cart").taken());
  }

  @Test
  void a_context_knows_what_was_touched_before_by_the_clients_clock() {
    UserState state =
        after(
            UserState.EMPTY,
            world.rated("a", 1, NOON - 50_000, 9),
            world.rated("b", 2, NOON - 10_000, 2));

    UserEvent.InteractionsRecorded event =
        UserFixture.recorded(
            state, NOON, world.rated("c", 3, NOON - 20_000, 8), world.rated("d", 4, NOON, 8));

    UserEvent.Context late = event.entries().get(0).context();
    assertArrayEquals(new int[] {1}, late.predecessors());
    assertArrayEquals(new long[] {NOON - 50_000}, late.predecessorsAtMs());
    assertEquals(2, late.touches());
    UserEvent.Context last = event.entries().get(1).context();
    assertArrayEquals(new int[] {2, 3, 1}, last.predecessors());
    assertEquals(3, last.touches());
    assertEquals(2, last.positives());
    assertEquals(NOON - 10_000, last.lastTouchAtMs());
    assertEquals(NOON - 20_000, last.lastPositiveAtMs());
  }

  @Test
  void what_leaves_the_newest_512_is_kept_as_positives_and_sums() {
    UserState state = UserState.EMPTY;
    for (int i = 0; i < 1_200; i++) {
      state = after(state, world.did("e" + i, InteractionKind.LIKE, i, NOON - (1_200 - i) * DAY));
    }

    assertEquals(512, state.recent().size());
    assertEquals(256, state.strong().size());
    assertEquals(1_200 - 1_200, ordinals(state.strong()).min().orElseThrow());
    assertEquals(687, ordinals(state.strong()).max().orElseThrow());
    Profile profile = world.profile(state);
    assertEquals(128, profile.history().length);
    double ever = profile.tastes().stream().mapToDouble(Taste::ever).sum();
    assertEquals(1, ever, 1e-9);
    assertEquals(11, profile.tastes().size());
  }

  @Test
  void an_old_like_can_still_be_undone() {
    UserState state = UserState.EMPTY;
    for (int i = 0; i < 700; i++) {
      state = after(state, world.did("e" + i, InteractionKind.LIKE, i, NOON - (700 - i) * 60_000L));
    }
    UserState undone = after(state, world.did("x", InteractionKind.UNLIKE, 100, NOON));

    assertTrue(state.strong().winner(100) >= 0);
    Taste before = world.profile(state).tastes().getFirst();
    UserState forgotten = undone;
    for (int i = 700; i < 1_300; i++) {
      forgotten = after(forgotten, world.did("e" + i, InteractionKind.LIKE, i, NOON + i));
    }
    assertTrue(forgotten.strong().winner(100) < 0);
    assertEquals(1, world.profile(undone).tastes().stream().mapToDouble(Taste::ever).sum(), 1e-9);
    assertTrue(before.ever() > 0);
  }

  @Test
  void names_are_compacted_without_changing_what_is_believed() {
    UserState state = UserState.EMPTY;
    for (int i = 0; i < 900; i++) {
      state = after(state, world.did("e" + i, InteractionKind.LIKE, i, NOON - (900 - i) * 60_000L));
    }

    UserState compact = state.canonical();

    assertEquals(
        List.copyOf(world.profile(state).tastes()), List.copyOf(world.profile(compact).tastes()));
    assertArrayEquals(UserCodec.snapshot(compact), UserCodec.snapshot(compact.canonical()));
  }

  @Test
  void follows_go_by_the_clients_clock() {
    Interaction unfollow = followed("u", InteractionKind.UNFOLLOW, NOON - 1_000);
    Interaction follow = followed("f", InteractionKind.FOLLOW, NOON - 2_000);

    assertEquals(
        List.of("maker"), world.profile(after(UserState.EMPTY, follow)).followedCreators());
    UserState state = after(after(UserState.EMPTY, unfollow), follow);
    assertEquals(List.of(), world.profile(state).followedCreators());
  }

  private static Interaction followed(String id, InteractionKind kind, long atMs) {
    return new Interaction(
        id,
        "",
        null,
        kind,
        atMs,
        "home",
        "",
        "",
        -1,
        true,
        true,
        Double.NaN,
        1,
        "maker",
        null,
        Interaction.Details.NONE);
  }

  @Test
  void a_snapshot_holds_everything() {
    UserState state = UserState.EMPTY;
    for (int i = 0; i < 900; i++) {
      state =
          after(
              state,
              world.did("e" + i, InteractionKind.LIKE, i, NOON - (900 - i) * 60_000L),
              world.did("h" + i, InteractionKind.NOT_INTERESTED, i + 3_000, NOON),
              followed("f" + i, InteractionKind.FOLLOW, NOON));
    }
    state = after(state, world.did("unknown", InteractionKind.LIKE, 99_999, NOON));
    state = state.after(served(state, "r1", 4_000, 4_001, 4_002));

    UserState again = UserCodec.snapshot(UserCodec.snapshot(state));

    assertArrayEquals(UserCodec.snapshot(state), UserCodec.snapshot(again));
    assertEquals(1, again.pending().size());
    assertArrayEquals(world.profile(state).taken(), world.profile(again).taken());
  }

  static UserEvent.FeedServed served(UserState state, String requestId, int... ordinals) {
    return new UserEvent.FeedServed(
        state.userSeq() + 1,
        NOON,
        requestId,
        "home",
        "",
        UserFixture.slots(ordinals),
        List.of(),
        UserFixture.VERSIONS,
        1_800_000,
        14_400_000,
        new long[0]);
  }

  @Test
  void an_impression_of_a_later_slot_makes_the_earlier_ones_viewed() {
    UserState state = UserState.EMPTY.after(served(UserState.EMPTY, "r", 10, 11, 12, 13));

    state = after(state, world.saw("i", 12, "r", 2, NOON));

    Slate slate = state.slates().getFirst();
    assertArrayEquals(new int[] {-11, -12, -13, 13}, slate.ordinals());
    assertArrayEquals(new int[] {10, 11, 12, 13}, world.profile(state).taken());
    assertEquals(3, world.profile(state).viewed());
  }

  @Test
  void a_reservation_that_ended_while_the_user_was_away_does_not_come_back() {
    UserState served = UserState.EMPTY.after(served(UserState.EMPTY, "r", 10, 11));

    world.nowMs = NOON + 1_800_001;
    UserState back =
        served.after(
            UserFixture.recorded(
                served, world.nowMs, world.did("l", InteractionKind.LIKE, 1, world.nowMs)));

    assertArrayEquals(new int[] {1}, world.profile(back).taken());
    world.nowMs = NOON + 60_000;
    assertArrayEquals(new int[] {10, 11}, world.profile(served).taken());
  }

  @Test
  void the_memory_of_a_user_is_lean() {
    UserState small = UserState.EMPTY;
    for (int i = 0; i < 128; i++) {
      small = after(small, world.did("e" + i, InteractionKind.LIKE, i * 13, NOON - i * 60_000L));
    }
    UserState large = small;
    List<Interaction> batch = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      batch.add(world.saw("s" + i, i, "", -1, NOON));
      if (batch.size() == 500) {
        large =
            large.after(
                UserFixture.recorded(
                    large, NOON + DAY * (1 + i / 500), batch.toArray(new Interaction[0])));
        batch.clear();
      }
    }

    assertEquals(5_000, large.seen().size());
    assertTrue(small.estimatedBytes() < 6 * 1024, "128 interactions: " + small.estimatedBytes());
    assertTrue(large.estimatedBytes() < 42_000, "5,000 seen: " + large.estimatedBytes());
  }

  @Test
  void event_ids_are_known_for_a_day_and_the_last_1024() {
    EventIds ids = EventIds.NONE.plus(new long[] {1, 2}, NOON);

    assertTrue(ids.plus(new long[] {3}, NOON + DAY).contains(1));
    assertFalse(ids.plus(new long[] {3}, NOON + DAY + 1_000).contains(1));
    long[] many = new long[500];
    Arrays.setAll(many, i -> 100 + i);
    EventIds full = ids.plus(many, NOON);
    Arrays.setAll(many, i -> 1_000 + i);
    full = full.plus(many, NOON);
    assertEquals(1_002, full.size());
    Arrays.setAll(many, i -> 2_000 + i);
    full = full.plus(many, NOON);
    assertEquals(1_024, full.size());
    assertTrue(full.contains(1_000) && full.contains(2_499));
    assertFalse(full.contains(100));
  }

  private static IntStream ordinals(Acts acts) {
    return IntStream.range(0, acts.size()).map(acts::ordinal);
  }
}
