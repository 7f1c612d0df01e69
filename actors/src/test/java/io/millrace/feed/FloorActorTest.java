package io.millrace.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.typesafe.config.ConfigFactory;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemCard;
import io.millrace.item.TestNode;
import io.millrace.learning.Generations;
import io.millrace.learning.PublishedWeights;
import io.millrace.retrieval.IndexSearchActor;
import io.millrace.user.Profile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The floor against an index that answers when the test says so, on a clock that it moves. */
class FloorActorTest {
  private static final Duration REFRESH = FeedSettings.from(ConfigFactory.load()).floorRefresh();
  private static final Duration SOON = REFRESH.dividedBy(10);

  private final ActorTestKit kit =
      ActorTestKit.create(ManualTime.config().withFallback(ConfigFactory.load()));
  private final ManualTime time = ManualTime.get(kit.system());
  private final TestProbe<IndexSearchActor.Command> search = kit.createTestProbe();
  private final TestProbe<String> laid = kit.createTestProbe();
  private final ItemIndex index = new ExactItemIndex();
  private final AtomicInteger items = new AtomicInteger();
  private final FeedNode node =
      new FeedNode(
          FeedSettings.from(ConfigFactory.load()),
          InstantSource.fixed(Instant.ofEpochMilli(1_700_000_000_000L)),
          (user, command) -> {},
          nobody(),
          new PublishedWeights(),
          new Generations(Path.of("none")),
          Runnable::run,
          new ImpressionTokens(new byte[32]),
          (userId, rows) -> {},
          times -> {},
          () -> 0);
  private ActorRef<FloorActor.Message> floor = kit.<FloorActor.Message>createTestProbe().ref();

  private static Catalogue nobody() {
    return new Catalogue() {
      @Override
      public @Nullable ItemCard card(String itemId) {
        return null;
      }

      @Override
      public @Nullable ItemCard card(int ordinal) {
        return null;
      }

      @Override
      public boolean tombstoned(int ordinal) {
        return false;
      }

      @Override
      public boolean ready() {
        return true;
      }
    };
  }

  @BeforeEach
  void start() {
    node.indexIs(search.ref());
    floor = kit.spawn(FloorActor.create(node, () -> laid.ref().tell("laid")));
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private void put(int more) {
    for (int i = 0; i < more; i++) {
      int ordinal = items.getAndIncrement();
      index.put(ordinal, TestNode.item("i" + ordinal));
    }
  }

  private IndexSearchActor.Retrieve asked() {
    return search.expectMessageClass(IndexSearchActor.Retrieve.class);
  }

  private void found(IndexSearchActor.Retrieve asked) {
    asked.replyTo().tell(new IndexSearchActor.Found(index.retrieve(asked.query())));
  }

  private void dressed(IndexSearchActor.Dress asked) {
    asked
        .replyTo()
        .tell(
            new IndexSearchActor.Dressed(
                Arrays.stream(asked.ordinals()).mapToObj(index::facts).toList()));
  }

  private IndexSearchActor.Dress dressing() {
    return search.expectMessageClass(IndexSearchActor.Dress.class);
  }

  private void refreshed() {
    found(asked());
    dressed(dressing());
    laid.expectMessage("laid");
  }

  private int onTheFloor() {
    return node.floor(
            new Feeds.Question(
                "ann",
                "eval",
                Feeds.Purpose.SERVE,
                10,
                "request",
                "",
                List.of(),
                List.of(),
                RetrievalQuery.Filter.NONE,
                false,
                0,
                Duration.ofSeconds(1)),
            node.surface("eval"),
            Profile.unknown("ann"),
            new int[0])
        .size();
  }

  @Test
  void a_refresh_is_not_overtaken_by_the_next_however_slow_the_index_is() {
    put(3);
    floor.tell(new FloorActor.Refresh());
    found(asked());
    IndexSearchActor.Dress slow = dressing();

    // The index grows meanwhile: a second refresh would find more than the first has facts for.
    put(3);
    time.expectNoMessageFor(REFRESH, search);
    dressed(slow);
    laid.expectMessage("laid");

    assertEquals(3, onTheFloor());
    for (int ordinal = 0; ordinal < 3; ordinal++) {
      assertEquals(index.facts(ordinal), node.factsFromCard(ordinal));
    }
  }

  @Test
  void a_young_catalogue_is_on_the_floor_soon() {
    floor.tell(new FloorActor.Refresh());
    refreshed();
    assertEquals(0, onTheFloor());

    put(150);
    time.timePasses(SOON);
    refreshed();

    assertEquals(150, onTheFloor());
  }

  @Test
  void a_full_floor_is_refreshed_at_its_pace() {
    put(FloorActor.ITEMS + 5);
    floor.tell(new FloorActor.Refresh());
    refreshed();
    assertEquals(FloorActor.ITEMS, onTheFloor());

    time.expectNoMessageFor(SOON, search);
    time.timePasses(REFRESH.minus(SOON));
    refreshed();
  }

  @Test
  void an_index_that_fails_or_is_silent_leaves_the_floor_as_it_was_and_is_asked_again() {
    put(3);
    floor.tell(new FloorActor.Refresh());
    refreshed();

    time.timePasses(SOON);
    asked().replyTo().tell(new IndexSearchActor.Failed("broken"));
    search.awaitAssert(() -> {
      time.timePasses(SOON);
      IndexSearchActor.Retrieve again = asked();
      found(again);
      return again;
    });
    dressing(); // and is never answered
    assertEquals(3, onTheFloor());
    time.timePasses(FloorActor.PATIENCE);
    search.awaitAssert(() -> {
      time.timePasses(SOON);
      return asked();
    });

    assertEquals(3, onTheFloor());
    laid.expectNoMessage(Duration.ZERO);
  }

  @Test
  void another_copy_of_the_index_is_asked_at_once_and_the_late_answer_of_the_old_one_is_not_used() {
    put(3);
    floor.tell(new FloorActor.Refresh());
    IndexSearchActor.Retrieve old = asked();
    TestProbe<IndexSearchActor.Command> other = kit.createTestProbe();

    node.indexIs(other.ref());
    floor.tell(new FloorActor.Refresh());
    found(old);
    put(2);
    found(other.expectMessageClass(IndexSearchActor.Retrieve.class));
    dressed(other.expectMessageClass(IndexSearchActor.Dress.class));

    laid.expectMessage("laid");
    assertEquals(5, onTheFloor());
  }
}
