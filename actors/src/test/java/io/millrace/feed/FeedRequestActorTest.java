package io.millrace.feed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import io.millrace.feed.Feeds.Answer;
import io.millrace.feed.Feeds.Purpose;
import io.millrace.feed.Feeds.Question;
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
import io.millrace.user.UserActor;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One request against a real index and a user that does what the test says. */
class FeedRequestActorTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final long NOW = 1_700_000_000_000L;
  private static final int ITEMS = 60;
  private static final int SIZE = 10;

  private final ItemIndex index = new ExactItemIndex();
  private final List<ItemCard> cards = new ArrayList<>();
  private final Set<Integer> tombstones = ConcurrentHashMap.newKeySet();
  private final List<UserActor.Serve> serves = new CopyOnWriteArrayList<>();
  private final List<RetrievalQuery> queries = new CopyOnWriteArrayList<>();
  private Floor floor = Floor.EMPTY;
  private Executor ranking = Runnable::run;
  private java.util.function.Function<RetrievalQuery, IndexSearchActor.Reply> retrieval =
      query -> new IndexSearchActor.Found(index.retrieve(query));

  private final Catalogue catalogue =
      new Catalogue() {
        @Override
        public @Nullable ItemCard card(String itemId) {
          return cards.stream().filter(card -> card.itemId().equals(itemId)).findAny().orElse(null);
        }

        @Override
        public @Nullable ItemCard card(int ordinal) {
          return ordinal < cards.size() ? cards.get(ordinal) : null;
        }

        @Override
        public boolean tombstoned(int ordinal) {
          return tombstones.contains(ordinal);
        }

        @Override
        public boolean ready() {
          return true;
        }
      };

  @BeforeEach
  void fill() {
    for (int i = 0; i < ITEMS; i++) {
      index.put(i, TestNode.item("i" + i));
      cards.add(ItemCard.of(TestNode.item("i" + i), i));
    }
  }

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private Answer ask(BiConsumer<String, UserActor.Command> user, Duration budget) {
    FeedNode node =
        new FeedNode(
            FeedSettings.from(ConfigFactory.load()),
            InstantSource.fixed(Instant.ofEpochMilli(NOW)),
            user,
            catalogue,
            new PublishedWeights(),
            new Generations(Path.of("none")),
            ranking,
            new ImpressionTokens(new byte[32]),
            (userId, rows) -> {},
            times -> {},
            () -> 0);
    node.floorIs(floor);
    node.indexIs(
        KIT.spawn(
            Behaviors.receiveMessage((IndexSearchActor.Command message) -> {
              switch (message) {
                case IndexSearchActor.Retrieve asked -> {
                  queries.add(asked.query());
                  asked.replyTo().tell(retrieval.apply(asked.query()));
                }
                case IndexSearchActor.Dress asked ->
                    asked
                        .replyTo()
                        .tell(
                            new IndexSearchActor.Dressed(
                                Arrays.stream(asked.ordinals()).mapToObj(index::facts).toList()));
                case IndexSearchActor.Measure other ->
                    throw new IllegalStateException(other.toString());
                case IndexSearchActor.Similar other ->
                    throw new IllegalStateException(other.toString());
              }
              return Behaviors.same();
            })));
    Question question =
        new Question(
            "ann",
            "eval",
            Purpose.SERVE,
            SIZE,
            "request",
            "",
            List.of(),
            List.of(),
            RetrievalQuery.Filter.NONE,
            false,
            0,
            budget);
    CompletableFuture<FeedRequestActor.Outcome> outcome = new CompletableFuture<>();
    KIT.spawn(FeedRequestActor.create(node, question, 0, outcome));
    return outcome.orTimeout(30, TimeUnit.SECONDS).join().answer();
  }

  private Answer ask(BiConsumer<String, UserActor.Command> user) {
    return ask(user, Duration.ofSeconds(20));
  }

  /** A user who is asked for the first time and serves as {@code serving} says. */
  private BiConsumer<String, UserActor.Command> user(
      java.util.function.Function<UserActor.Serve, UserActor.Reply> serving) {
    return (userId, command) -> {
      switch (command) {
        case UserActor.FindServed find -> find.replyTo().tell(new UserActor.NotServed());
        case UserActor.GetProfile get ->
            get.replyTo().tell(new UserActor.ProfileIs(Profile.unknown(userId)));
        case UserActor.Serve serve -> {
          serves.add(serve);
          serve.replyTo().tell(serving.apply(serve));
        }
        default -> throw new IllegalStateException(command.toString());
      }
    };
  }

  /** Serves what was offered. */
  private static UserActor.Served served(UserActor.Serve serve) {
    return new UserActor.Served(
        7,
        IntStream.range(0, serve.wanted()).toArray(),
        IntStream.range(serve.wanted(), serve.wanted() + serve.spares()).toArray(),
        true);
  }

  private static int[] ordinals(UserActor.Serve serve, int first) {
    return serve.candidates().stream()
        .limit(first)
        .mapToInt(UserActor.Slot::ordinal)
        .sorted()
        .toArray();
  }

  private static List<String> items(Answer answer) {
    return answer.slots().stream().map(slot -> slot.facts().itemId()).toList();
  }

  @Test
  void after_a_conflict_it_offers_others_without_asking_the_index_again() {
    Answer answer =
        ask(
            user(serve ->
                serves.size() == 1 ? new UserActor.Taken(ordinals(serve, 3)) : served(serve)));

    assertEquals(2, serves.size());
    assertEquals(1, queries.size());
    int[] taken = ordinals(serves.getFirst(), 3);
    for (UserActor.Slot slot : serves.getLast().candidates()) {
      assertTrue(Arrays.binarySearch(taken, slot.ordinal()) < 0);
    }
    assertEquals(SIZE, answer.slots().size());
    assertEquals(7, answer.asOfUserSeq());
    assertEquals(List.of(), answer.degraded());
  }

  @Test
  void the_last_try_offers_everything_without_spares_and_takes_what_is_free() {
    Answer answer =
        ask(
            user(serve ->
                serves.size() < 3 ? new UserActor.Taken(ordinals(serve, 1)) : served(serve)));

    UserActor.Serve last = serves.getLast();
    assertFalse(serves.get(1).takeFirstFree());
    assertTrue(last.takeFirstFree());
    assertEquals(0, last.spares());
    assertEquals(ITEMS - 2, last.candidates().size());
    assertEquals(SIZE, answer.slots().size());
  }

  @Test
  void when_too_few_were_free_it_looks_once_more_and_wider_without_what_is_taken() {
    ask(
        user(serve ->
            serves.size() <= 3
                ? new UserActor.Taken(ordinals(serve, 4 * serves.size()))
                : served(serve)));

    assertEquals(2, queries.size());
    assertTrue(queries.getLast().perSource() > queries.getFirst().perSource());
    Set<Integer> excluded = new HashSet<>();
    Arrays.stream(queries.getLast().excluded()).forEach(excluded::add);
    for (int ordinal : ordinals(serves.get(2), 12)) {
      assertTrue(excluded.contains(ordinal));
    }
    for (UserActor.Slot slot : serves.getLast().candidates()) {
      assertFalse(excluded.contains(slot.ordinal()));
    }
  }

  @Test
  void when_everything_is_taken_it_says_so_and_shows_nothing_twice() {
    Answer answer =
        ask(user(serve -> new UserActor.Taken(ordinals(serve, serve.candidates().size()))));

    assertEquals(List.of(), items(answer));
    assertEquals(List.of("short:no-more-eligible-items"), answer.degraded());
  }

  @Test
  void what_is_retired_after_it_was_reserved_is_replaced_by_a_spare() {
    Answer answer =
        ask(
            user(serve -> {
              tombstones.add(serve.candidates().get(2).ordinal());
              return served(serve);
            }));

    assertEquals(SIZE, answer.slots().size());
    int gone = serves.getFirst().candidates().get(2).ordinal();
    assertFalse(items(answer).contains("i" + gone));
    int spare = serves.getFirst().candidates().get(SIZE).ordinal();
    assertTrue(items(answer).contains("i" + spare));
  }

  @Test
  void a_request_that_was_answered_is_repeated_less_what_was_retired_since() {
    tombstones.add(4);
    List<UserActor.Slot> before =
        IntStream.of(3, 4, 5).mapToObj(i -> new UserActor.Slot(i, 0, 1f)).toList();

    Answer answer =
        ask((userId, command) -> {
          if (command instanceof UserActor.FindServed find) {
            find.replyTo()
                .tell(new UserActor.Replayed(9, before, new UserActor.Versions(1, 1, 0, 0)));
          } else if (command instanceof UserActor.GetProfile get) {
            get.replyTo().tell(new UserActor.ProfileIs(Profile.unknown(userId)));
          }
        });

    assertTrue(answer.replayed());
    assertEquals(9, answer.asOfUserSeq());
    assertEquals(List.of("i3", "i5"), items(answer));
    assertArrayEquals(new Object[0], queries.toArray());
  }

  @Test
  void a_user_who_does_not_answer_costs_the_profile_and_the_reservation() {
    Answer answer = ask((userId, command) -> {}, Duration.ofMillis(600));

    assertEquals(SIZE, answer.slots().size());
    assertTrue(answer.degraded().contains("user:late"), answer.degraded().toString());
    assertTrue(answer.degraded().contains("reservation:late"), answer.degraded().toString());
  }

  @Test
  void a_ranker_that_hangs_or_refuses_leaves_the_order_of_the_index() {
    ranking = task -> {};
    Answer hung = ask(user(FeedRequestActorTest::served), Duration.ofMillis(600));
    ranking =
        task -> {
          throw new java.util.concurrent.RejectedExecutionException("full");
        };
    Answer refused = ask(user(FeedRequestActorTest::served));

    assertEquals(SIZE, hung.slots().size());
    assertTrue(hung.degraded().contains("ranker:late"), hung.degraded().toString());
    assertEquals(SIZE, refused.slots().size());
    assertEquals(List.of("ranker:failed"), refused.degraded());
  }

  @Test
  void an_index_that_fails_is_replaced_by_the_floor_without_waiting_for_its_share() {
    RetrievalQuery any = anything();
    floor =
        new Floor(
            index.retrieve(any),
            Arrays.stream(index.retrieve(any).ordinals()).mapToObj(index::facts).toList());
    retrieval = query -> new IndexSearchActor.Failed("broken");

    // An hour's share would be twenty minutes.
    Answer answer = ask(user(FeedRequestActorTest::served), Duration.ofHours(1));

    assertEquals(SIZE, answer.slots().size());
    assertEquals(List.of("retrieval:failed"), answer.degraded());
  }

  private static RetrievalQuery anything() {
    return new RetrievalQuery(
        NOW,
        new int[0],
        new long[0],
        new int[0],
        List.of(),
        RetrievalQuery.Filter.NONE,
        java.util.EnumSet.of(io.millrace.index.Source.POPULAR_EVER),
        ITEMS,
        ITEMS);
  }
}
