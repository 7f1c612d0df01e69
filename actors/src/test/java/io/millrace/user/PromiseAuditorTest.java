package io.millrace.user;

import static io.millrace.user.UserFixture.NOON;
import static io.millrace.user.UserFixture.slots;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Each planted violation is found, and nothing else is. */
class PromiseAuditorTest {
  private static final String USER = "user|default|x";
  private static final long HOUR = 3_600_000;

  private final UserFixture world = new UserFixture(100);
  private final PromiseAuditor auditor = new PromiseAuditor(UserFixture.SETTINGS);
  private long userSeq;

  private void recorded(long atMs, Interaction... did) {
    auditor.accept(
        USER,
        new UserEvent.InteractionsRecorded(
            ++userSeq, atMs, UserActor.entries(UserState.EMPTY, List.of(did))));
  }

  private void served(String requestId, String surface, long atMs, int... ordinals) {
    auditor.accept(
        USER,
        new UserEvent.FeedServed(
            ++userSeq,
            atMs,
            requestId,
            surface,
            "",
            slots(ordinals),
            List.of(),
            UserFixture.VERSIONS,
            HOUR / 2,
            4 * HOUR,
            new long[0]));
  }

  private void assertBroken(String... promises) {
    assertEquals(
        List.of(promises),
        auditor.report().violations().stream().map(PromiseAuditor.Violation::promise).toList(),
        auditor.report().violations().toString());
  }

  @Test
  void a_clean_history_breaks_nothing() {
    served("r1", "home", NOON, 1, 2, 3);
    recorded(NOON + 1, world.saw("a", 2, "r1", 1, NOON + 1));
    served("r2", "home", NOON + 2, 4, 5);
    // r1's third was never viewed, and the user was away.
    served("r3", "home", NOON + HOUR, 3, 4);
    served("r4", "home", NOON + 31 * 24 * HOUR, 1, 2);
    recorded(NOON + 31 * 24 * HOUR, world.saw("a", 7, "", -1, NOON));
    assertBroken();
    assertEquals(1, auditor.report().users());
    assertEquals(6, auditor.report().events());
  }

  @Test
  void an_event_written_twice_within_a_day_is_found() {
    recorded(NOON, world.saw("a", 1, "", -1, NOON));
    recorded(NOON + 23 * HOUR, world.saw("a", 1, "", -1, NOON));
    assertBroken("P2");
  }

  @Test
  void an_item_in_two_live_reservations_is_found() {
    served("r1", "home", NOON, 1, 2);
    served("r2", "shop", NOON + 1_000, 3, 2);
    assertBroken("P4");
  }

  @Test
  void an_item_served_again_after_it_was_viewed_is_found() {
    served("r1", "home", NOON, 1, 2, 3);
    recorded(NOON + 1_000, world.saw("a", 3, "r1", 2, NOON + 1_000));
    served("r2", "home", NOON + 24 * HOUR, 1);
    assertBroken("P4");
  }

  @Test
  void an_item_that_was_only_passed_on_the_way_to_a_later_slot_counts_as_viewed() {
    served("r1", "home", NOON, 1, 2, 3);
    recorded(NOON + 1_000, world.did("a", InteractionKind.LIKE, 3, NOON, "r1", 2, Double.NaN));
    served("r2", "home", NOON + 5 * HOUR, 2);
    assertBroken("P4");
  }

  @Test
  void a_request_answered_twice_is_found() {
    served("r1", "home", NOON, 1);
    served("r1", "home", NOON + 1_000, 2);
    assertBroken("P4");
  }

  @Test
  void a_number_given_twice_or_left_out_is_found() {
    served("r1", "home", NOON, 1);
    userSeq--;
    served("r2", "home", NOON, 2);
    userSeq++;
    served("r3", "home", NOON, 3);
    assertBroken("P1", "P1");
  }
}
