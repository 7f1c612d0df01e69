package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds.FeedUnavailable;
import io.millrace.item.ItemActor;
import io.millrace.user.UserActor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class TroubleTest {

  @Test
  void each_reason_has_one_place_in_the_table() {
    assertEquals(429, http(UserActor.Reason.BUSY));
    assertEquals(503, http(UserActor.Reason.STORE_UNAVAILABLE));
    assertEquals(504, http(UserActor.Reason.TOO_LATE));
    assertEquals(400, http(UserActor.Reason.INVALID));
    assertEquals(
        Trouble.UNAVAILABLE,
        Trouble.of(new ItemActor.Rejected("STORE_UNAVAILABLE", "disk")).trouble());
  }

  @Test
  void a_fault_is_what_it_is_however_it_is_wrapped() {
    assertEquals(
        Trouble.DEADLINE_EXCEEDED,
        Trouble.of(new CompletionException(new TimeoutException())).trouble());
    assertEquals(
        Trouble.UNAVAILABLE,
        Trouble.of(new CompletionException(new FeedUnavailable("starting"))).trouble());
  }

  @Test
  void our_own_bugs_are_never_blamed_on_the_caller_nor_shown() {
    Refusal refusal = Trouble.of(new IllegalArgumentException("secret detail"));

    assertEquals(Trouble.INTERNAL, refusal.trouble());
    assertTrue(!refusal.message().contains("secret"), refusal.message());
  }

  @Test
  void a_budget_is_what_the_caller_asks_within_what_is_allowed() {
    assertEquals(Duration.ofMillis(250), Budget.parse("250m"));
    assertEquals(Duration.ofHours(2), Budget.parse("2H"));
    assertEquals(Duration.ofNanos(7_000), Budget.parse("7u"));
    assertThrows(Refusal.class, () -> Budget.parse("1 fortnight"));
    assertThrows(Refusal.class, () -> Budget.parse("123456789S"));
    Duration most = Duration.ofSeconds(3);
    assertTrue(
        Budget.granted(Optional.of("1H"), Duration.ofSeconds(1), most).left().compareTo(most) <= 0);
    assertTrue(
        Budget.granted(Optional.empty(), Duration.ofSeconds(1), most).left().toMillis() <= 1_000);
  }

  private static int http(UserActor.Reason reason) {
    return Trouble.of(new UserActor.Rejected(reason, "why")).trouble().http();
  }
}
