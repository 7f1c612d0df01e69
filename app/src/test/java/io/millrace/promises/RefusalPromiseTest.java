package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.evaluation.EventClock;
import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.importing.Facts;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemFacts;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationActor.Decided;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One "not interested" on a whole node: what is near to the item sinks in the next feed and comes
 * back within days, and nothing else moves. Each user who refuses has a twin who does all the same
 * but that.
 */
@Tag("server")
final class RefusalPromiseTest {
  private static final EventClock CLOCK =
      new EventClock(Instant.parse("2026-03-01T12:00:00Z").toEpochMilli());
  private static final int ITEMS = 400;
  private static final int TASTES = 8;
  private static final int CREATORS = 80;
  private static final int USERS = 600;
  private static final int EVENTS = 20;

  /** The taste that is refused, one that the user has too, and the item that is refused. */
  private static final int REFUSED = 1;

  private static final int OTHER = 2;
  private static final int ITEM = 3 * TASTES + REFUSED;

  @TempDir static Path folder;
  private static WholeNode young;
  private static WholeNode trained;

  @BeforeAll
  static void start() {
    young = node("young");
    trained = node("trained");
    Decided first = await(trained.node().decideGeneration(GenerationActor.Train::new));
    assertTrue(first.adopted(), first.detail());
  }

  @AfterAll
  static void stop() {
    young.assertPromisesKept();
    trained.assertPromisesKept();
    young.close();
    trained.close();
  }

  @Test
  void one_not_interested_lowers_the_neighbourhood_and_the_creator_and_nothing_disjoint() {
    for (WholeNode node : List.of(young, trained)) {
      Twins twins = new Twins(node, "a");
      assertEquals(twins.scores("twin"), twins.scores("user"));
      List<String> slate = items(node.answer(previewed(question(twins.id("user"), 20, "a"))));
      // Which of both tastes leads is up to what was learnt so far: the one that does is refused.
      int refused = ofTaste(slate, REFUSED) < ofTaste(slate, OTHER) ? OTHER : REFUSED;
      int item = ITEM - REFUSED + refused;

      twins.does("user", item, Kind.NOT_INTERESTED);

      Map<Integer, Float> before = twins.scores("twin");
      Map<Integer, Float> after = twins.scores("user");
      float lowered = 0;
      int near = 0;
      for (int number : before.keySet()) {
        Float then = after.get(number);
        if (then == null) {
          assertEquals(refused, number % TASTES, item(number) + " is not proposed any more");
          continue;
        }
        float less = before.get(number) - then;
        if (number % CREATORS == item % CREATORS) {
          assertEquals(3, less, 1e-3, item(number) + " is of the same creator");
        } else if (number % TASTES == refused) {
          lowered += less;
          near++;
        } else {
          assertEquals(0, less, item(number) + " has nothing in common");
        }
      }
      assertTrue(near >= 40 && lowered / near > .3, lowered + " of " + near + " neighbours");
      List<String> next = items(node.answer(previewed(question(twins.id("user"), 20, "a"))));
      assertTrue(
          ofTaste(next, refused) < ofTaste(slate, refused), "before " + slate + " after " + next);
      List<String> without = new ArrayList<>(slate);
      without.removeIf(id -> number(id) % TASTES == refused);
      List<String> left = new ArrayList<>(next);
      left.retainAll(without);
      assertEquals(without, left);
    }
  }

  @Test
  void half_of_it_is_left_after_three_days() {
    for (WholeNode node : List.of(young, trained)) {
      Twins twins = new Twins(node, "b");
      twins.does("user", ITEM, Kind.NOT_INTERESTED);
      Map<Integer, Float> first = twins.lost();

      CLOCK.moveTo(CLOCK.millis() + Duration.ofDays(3).toMillis());

      Map<Integer, Float> later = twins.lost();
      for (int number : first.keySet()) {
        if (first.get(number) > .05f && later.containsKey(number)) {
          // Pairs fade too, by 2 % in that time.
          assertEquals(first.get(number) / 2, later.get(number), .03f * first.get(number));
        }
      }
    }
  }

  @Test
  void a_like_of_the_same_item_undoes_it() {
    for (WholeNode node : List.of(young, trained)) {
      Twins twins = new Twins(node, "c");
      twins.does("user", ITEM, Kind.NOT_INTERESTED);
      assertNotEquals(twins.scores("twin"), twins.scores("user"));

      twins.bothDo(ITEM, Kind.LIKE);

      assertEquals(twins.scores("twin"), twins.scores("user"));
    }
  }

  @Test
  void a_skip_says_less_than_a_refusal_and_a_report_more() {
    Twins skipped = new Twins(trained, "d");
    skipped.does("user", ITEM, Kind.SKIP);
    Twins refused = new Twins(trained, "e");
    refused.does("user", ITEM, Kind.NOT_INTERESTED);
    Twins reported = new Twins(trained, "f");
    reported.does("user", ITEM, Kind.REPORT);

    int neighbour = ITEM + 2 * CREATORS;
    float bySkip = Objects.requireNonNull(skipped.lost().get(neighbour));
    float byRefusal = Objects.requireNonNull(refused.lost().get(neighbour));
    float byReport = Objects.requireNonNull(reported.lost().get(neighbour));

    assertEquals(.15 * byRefusal, bySkip, 1e-3);
    assertEquals(2 * byRefusal, byReport, 1e-3);
  }

  @Test
  void the_explanation_names_what_was_taken_off() {
    Twins twins = new Twins(trained, "g");
    twins.does("user", ITEM, Kind.NOT_INTERESTED);
    Feeds.Question asked = question(twins.id("user"), 20, "g");
    String neighbour = item(ITEM + 2 * CREATORS);

    Feeds.Slot slot =
        trained
            .answer(
                new Feeds.Question(
                    asked.userId(),
                    asked.surface(),
                    Feeds.Purpose.RANK,
                    1,
                    asked.requestId(),
                    "",
                    List.of(neighbour),
                    List.of(),
                    asked.filter(),
                    true,
                    0,
                    asked.budget()))
            .slots()
            .getFirst();

    Feeds.Contribution off =
        slot.contributions().stream()
            .filter(part -> part.feature().equals("refused"))
            .findFirst()
            .orElseThrow();
    assertEquals(-3, off.value() * off.weight(), 1e-3);
    assertTrue(
        slot.reasons().contains("shown less: like what you refused"), slot.reasons().toString());
    assertFalse(
        trained.answer(previewed(question(twins.id("twin"), 20, "g"))).slots().stream()
            .anyMatch(other -> other.reasons().contains("shown less: like what you refused")));
  }

  /** Two who like the same of two tastes and were shown the same item. */
  private static final class Twins {
    private final WholeNode node;
    private final String name;

    Twins(WholeNode node, String name) {
      this.node = node;
      this.name = name;
      bothDo(ITEM, Kind.IMPRESSION);
      for (int i = 10; i < 14; i++) {
        bothDo(i * TASTES + REFUSED, Kind.LIKE);
        bothDo(i * TASTES + OTHER, Kind.LIKE);
      }
    }

    void bothDo(int item, Kind kind) {
      CLOCK.moveTo(CLOCK.millis() + 1_000);
      does("user", item, kind);
      does("twin", item, kind);
    }

    String id(String who) {
      return name + "-" + who;
    }

    void does(String who, int item, Kind kind) {
      node.recorded(
          node.event(
              "%s/%s/%d/%s/%d".formatted(name, who, item, kind, CLOCK.millis()),
              id(who),
              item(item),
              kind));
    }

    /** Of all candidates, by the item's number. */
    Map<Integer, Float> scores(String who) {
      node.drain();
      FeedGateway.Traced traced =
          await(
              FeedGateway.trace(
                  node.node().gateway(), previewed(question(id(who), 20, "scores")), 0));
      int[] ordinals = Objects.requireNonNull(traced.choices()).candidates().ordinals();
      float[] scores = Objects.requireNonNull(traced.scores());
      Map<Integer, Float> all = new HashMap<>();
      for (int number = 0; number < ITEMS; number++) {
        var card = Objects.requireNonNull(node.node().catalogue().card(item(number)));
        for (int row = 0; row < ordinals.length; row++) {
          if (ordinals[row] == card.ordinal()) {
            all.put(number, scores[row]);
          }
        }
      }
      return all;
    }

    /** What the user's candidates score less than the twin's. */
    Map<Integer, Float> lost() {
      Map<Integer, Float> lost = scores("twin");
      Map<Integer, Float> left = scores("user");
      lost.keySet().retainAll(left.keySet());
      lost.replaceAll((number, score) -> score - left.get(number));
      return lost;
    }
  }

  private static long ofTaste(List<String> ids, int taste) {
    return ids.stream().filter(id -> number(id) % TASTES == taste).count();
  }

  private static int number(String itemId) {
    return Integer.parseInt(itemId.substring("item-".length()));
  }

  private static WholeNode node(String name) {
    WholeNode node =
        WholeNode.start(
            folder.resolve(name),
            Map.of(
                "millrace.generation.train-every", "0 s",
                "millrace.generation.cpu-share", "1",
                "millrace.feed.candidates-per-source", "400",
                "millrace.surfaces.home.max-per-category", "0",
                "millrace.surfaces.home.diversity", "0"),
            CLOCK,
            ExactItemIndex::new);
    for (int i = 0; i < ITEMS; i++) {
      node.putItem(facts(i));
    }
    node.drain();
    Random random = new Random(1);
    List<Interaction> together = new ArrayList<>();
    for (int n = 0; n < EVENTS; n++) {
      for (int user = 0; user < USERS; user++) {
        together.add(
            Interaction.newBuilder()
                .setEventId("event/" + user + "/" + n)
                .setUserId("user-" + user)
                .setItemId(item(random.nextInt(ITEMS / TASTES) * TASTES + user % TASTES))
                .setKind(Kind.LIKE)
                .setTimeMillis(CLOCK.millis() - (EVENTS - n) * 3_600_000L - user)
                .build());
        if (together.size() == 200) {
          await(node.record(together))
              .forEach(result -> assertEquals(EventResult.Status.RECORDED, result.getStatus()));
          together.clear();
        }
      }
    }
    node.drain();
    return node;
  }

  /** Each creator makes items of one taste. */
  private static ItemFacts facts(int number) {
    return Facts.of(item(number))
        .title("Title of " + item(number))
        .categories(List.of("category-" + number % TASTES))
        .creator("creator-" + number % CREATORS)
        .createdAt(1_700_000_000_000L)
        .build();
  }
}
