package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.item.ItemCard;
import io.millrace.proto.v1.Consent;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.View;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class InteractionCheckTest {
  private static final long NOW = 1_800_000_000_000L;

  @Test
  void a_complete_event_has_no_problem() {
    assertEquals(List.of(), problems(e -> {}));
  }

  @Test
  void ids_are_given_short_and_without_control_characters() {
    assertEquals(
        List.of("eventId is empty, expected 1 to 128 bytes"), problems(e -> e.setEventId("")));
    assertEquals(
        List.of("userId is 300 bytes, expected 1 to 256 bytes"),
        problems(e -> e.setUserId("é".repeat(150))));
    assertEquals(
        List.of("userId has the control character U+0007, expected none"),
        problems(e -> e.setUserId("a\u0007b")));
    assertEquals(
        List.of("itemId is broken UTF-16, expected text that UTF-8 can hold"),
        problems(e -> e.setItemId("x\ud800")));
  }

  @Test
  void an_item_may_be_missing_only_where_the_kind_has_another_meaning() {
    for (Kind kind : new Kind[] {Kind.LIKE, Kind.VIEW, Kind.PURCHASE, Kind.FOLLOW}) {
      assertEquals(1, problems(e -> e.setKind(kind).setItemId("")).size(), kind.name());
    }
    assertEquals(List.of(), problems(e -> e.setKind(Kind.SEARCH).setItemId("").setQuery("q")));
    assertEquals(List.of(), problems(e -> e.setKind(Kind.FOLLOW).setItemId("").setTarget("x")));
    assertEquals(
        List.of(), problems(e -> e.setKind(Kind.CUSTOM).setItemId("").setCustomKind("wave")));
  }

  @Test
  void a_kind_is_one_of_the_contract() {
    assertEquals(
        List.of("kind is missing, expected IMPRESSION to CUSTOM (1 to 22)"),
        problems(e -> e.setKind(Kind.KIND_UNSPECIFIED)));
    assertEquals(
        List.of("kind is 99, expected IMPRESSION to CUSTOM (1 to 22)"),
        problems(e -> e.setKindValue(99)));
  }

  @Test
  void a_time_is_at_most_a_day_ahead() {
    long day = 86_400_000;
    assertEquals(List.of(), problems(e -> e.setTimeMillis(NOW + day)));
    assertEquals(List.of(), problems(e -> e.setTimeMillis(0)));
    assertEquals(1, problems(e -> e.setTimeMillis(NOW + day + 1)).size());
    assertEquals(1, problems(e -> e.setTimeMillis(-1)).size());
    assertEquals(1, problems(e -> e.setTimeMillis(Long.MAX_VALUE)).size());
  }

  @Test
  void values_are_finite_and_in_the_range_of_their_kind() {
    assertEquals(
        List.of("value is missing, expected a rating from 0 to 10"),
        problems(e -> e.setKind(Kind.RATING)));
    assertEquals(
        List.of("value is 11, expected 0 to 10"),
        problems(e -> e.setKind(Kind.RATING).setValue(11)));
    assertEquals(
        List.of("value is NaN, expected 0 to 10"),
        problems(e -> e.setKind(Kind.RATING).setValue(Double.NaN)));
    assertEquals(1, problems(e -> e.setKind(Kind.PURCHASE).setValue(-1)).size());
    assertEquals(1, problems(e -> e.setKind(Kind.PURCHASE).setValue(1.0 / 0)).size());
    assertEquals(1, problems(e -> e.setValue(Double.NaN)).size());
    assertEquals(
        List.of("quantity is 4294967295, expected 0 to 1000000"),
        problems(e -> e.setKind(Kind.PURCHASE).setQuantity(-1)));
  }

  @Test
  void a_view_holds_what_can_be() {
    assertEquals(
        List.of(
            "view.playedMs is 18446744073709551615, expected 0 to 2592000000",
            "view.visibleShare is NaN, expected 0 to 1",
            "view.scrollSpeed is Infinity, expected a finite number",
            "view.loops is 4000000000, expected 0 to 1000000"),
        problems(e ->
            e.setView(
                View.newBuilder()
                    .setPlayedMs(-1)
                    .setVisibleShare(Float.NaN)
                    .setScrollSpeed(Float.POSITIVE_INFINITY)
                    .setLoops((int) 4_000_000_000L))));
  }

  @Test
  void a_batch_holds_1_to_1000_events_and_500_of_one_user() {
    assertEquals(List.of("events is empty, expected 1 to 1000 events"), batch(List.of()));
    assertEquals(
        List.of("events has 1001 entries, expected at most 1000"), batch(events(1_001, 1_001)));
    assertEquals(List.of(), batch(events(1_000, 2)));
    List<String> tooMany = batch(events(600, 1));
    assertEquals(1, tooMany.size());
    assertTrue(tooMany.getFirst().startsWith("events[500].userId"), tooMany.getFirst());
  }

  @Test
  void all_problems_are_counted_and_the_first_hundred_named() {
    List<Interaction> events = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      events.add(event().setEventId("").setUserId("u" + i).build());
    }
    Problems problems = new Problems();

    InteractionCheck.batch(events, NOW, problems);

    assertEquals(150, problems.count());
    assertEquals(100, problems.named().size());
    assertTrue(problems.detail().endsWith("; and 50 more"));
  }

  @Test
  void absent_consent_is_given_and_present_consent_is_taken_at_its_word() {
    io.millrace.user.Interaction given = taken(event().build(), null);
    assertTrue(given.personalise() && given.train());
    io.millrace.user.Interaction part =
        taken(event().setConsent(Consent.newBuilder().setPersonalise(true)).build(), null);
    assertTrue(part.personalise());
    assertFalse(part.train());
  }

  @Test
  void what_an_event_leaves_out_is_filled_in() {
    ItemCard card = new ItemCard("item", 4, 5, List.of("drama"), "maker", 0, 1);

    io.millrace.user.Interaction like = taken(event().setTimeMillis(0).build(), card);
    assertEquals(NOW, like.atMs());
    assertEquals("home", like.surface());
    assertEquals(1, like.quantity());
    assertTrue(Double.isNaN(like.value()));
    assertNull(like.view());
    assertEquals("maker", taken(event().setKind(Kind.HIDE_CREATOR).build(), card).target());
    assertEquals("drama", taken(event().setKind(Kind.HIDE_CATEGORY).build(), card).target());
    assertEquals("", like.target());
  }

  @Test
  void an_event_survives_the_way_to_the_actors_and_back() {
    Interaction event =
        event()
            .setKind(Kind.VIEW)
            .setSurface("shop")
            .setSessionId("s")
            .setLocale("de")
            .setQuantity(1)
            .setConsent(Consent.newBuilder().setTrain(true))
            .setView(View.newBuilder().setPlayedMs(5).setEnd(View.End.SWIPED))
            .build();

    assertEquals(event, InteractionCheck.interaction("user", taken(event, null)));
  }

  private static io.millrace.user.Interaction taken(Interaction event, @Nullable ItemCard card) {
    return InteractionCheck.interaction(event, card, InteractionCheck.NO_SLOT, NOW);
  }

  private static Interaction.Builder event() {
    return Interaction.newBuilder()
        .setEventId("event")
        .setUserId("user")
        .setItemId("item")
        .setKind(Kind.LIKE)
        .setTimeMillis(NOW);
  }

  private static List<Interaction> events(int count, int users) {
    List<Interaction> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      events.add(event().setEventId("e" + i).setUserId("u" + i % users).build());
    }
    return events;
  }

  private static List<String> problems(Consumer<Interaction.Builder> change) {
    Interaction.Builder event = event();
    change.accept(event);
    Problems problems = new Problems();
    InteractionCheck.event(event.build(), NOW, problems);
    return problems.named();
  }

  private static List<String> batch(List<Interaction> events) {
    Problems problems = new Problems();
    InteractionCheck.batch(events, NOW, problems);
    return problems.named();
  }
}
