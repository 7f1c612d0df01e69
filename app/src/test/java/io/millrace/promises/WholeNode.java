package io.millrace.promises;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.app.Node;
import io.millrace.edge.DirectCalls;
import io.millrace.edge.EdgeSettings;
import io.millrace.feed.Feeds;
import io.millrace.feed.Feeds.Answer;
import io.millrace.feed.Feeds.Purpose;
import io.millrace.feed.Feeds.Question;
import io.millrace.importing.Facts;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.item.ItemActor;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.PromiseAuditor;
import io.millrace.user.UserSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A whole node of this process on a folder, asked as its edge asks it. */
final class WholeNode implements AutoCloseable {
  /** How long a test waits for what must come. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What a question has when time is not what is tested. */
  static final Duration AMPLE = Duration.ofSeconds(20);

  private static final int CATEGORIES = 20;

  /** How often an item is put that was refused because the store of a busy machine was slow. */
  private static final int PUTS = 20;

  private final Node node;
  private final DirectCalls calls;
  private final InstantSource clock;

  private WholeNode(Node node, DirectCalls calls, InstantSource clock) {
    this.node = node;
    this.calls = calls;
    this.clock = clock;
  }

  static WholeNode start(Path folder) {
    return start(folder, Map.of(), InstantSource.system(), ExactItemIndex::new);
  }

  /** Starts with settings by their full paths. */
  static WholeNode start(
      Path folder, Map<String, ?> settings, InstantSource clock, Supplier<ItemIndex> newIndex) {
    Config config =
        ConfigFactory.parseMap(settings)
            .withFallback(
                ConfigFactory.parseMap(
                    Map.of(
                        "millrace.persistence.dir",
                        folder.toString(),
                        "pekko.loglevel",
                        "WARNING")))
            .withFallback(ConfigFactory.parseResources("local.conf"))
            .withFallback(ConfigFactory.load())
            .resolve();
    Node node = Node.start(config, clock, stages -> {}, newIndex);
    try {
      node.awaitReady(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } catch (TimeoutException e) {
      node.close();
      throw new AssertionError(e);
    }
    return new WholeNode(node, new DirectCalls(node, EdgeSettings.of(config)), clock);
  }

  Node node() {
    return node;
  }

  // the catalogue

  static String item(int number) {
    return "item-" + number;
  }

  static ItemFacts facts(String itemId, int category) {
    return Facts.of(itemId)
        .title("Title of " + itemId)
        .categories(List.of("category-" + category % CATEGORIES))
        .creator("creator-" + category % 50)
        .createdAt(1_700_000_000_000L)
        .build();
  }

  /** Puts item-0 and so on, and waits until they are in the index. */
  void putItems(int number) {
    List<ItemFacts> left = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      left.add(facts(item(i), i));
    }
    for (int attempt = 0; !left.isEmpty() && attempt < PUTS; attempt++) {
      List<CompletableFuture<ItemActor.Reply>> puts = left.stream().map(this::put).toList();
      List<ItemFacts> refused = new ArrayList<>();
      for (int i = 0; i < left.size(); i++) {
        if (!stored(puts.get(i))) {
          refused.add(left.get(i));
        }
      }
      left = refused;
    }
    assertEquals(List.of(), left);
    drain();
  }

  /** Puts one item and waits for its acknowledgement, so that the next gets the next ordinal. */
  void putItem(ItemFacts facts) {
    for (int attempt = 0; attempt < PUTS; attempt++) {
      if (stored(put(facts))) {
        return;
      }
    }
    throw new AssertionError(facts.itemId() + " was not put");
  }

  /** A node that is ready has somebody who numbers new items. */
  private static boolean stored(CompletableFuture<ItemActor.Reply> put) {
    return switch (await(put)) {
      case ItemActor.Stored stored -> true;
      case ItemActor.Rejected(String reason, String detail) -> {
        assertNotEquals(ItemActor.NO_ORDINAL, reason, detail);
        yield false;
      }
      case ItemActor.Reply other -> throw new AssertionError("a put was answered " + other);
    };
  }

  CompletableFuture<ItemActor.Reply> put(ItemFacts facts) {
    return node.askItem(facts.itemId(), replyTo -> new ItemActor.Put(facts, replyTo), PATIENCE)
        .toCompletableFuture();
  }

  ItemActor.Reply retire(String itemId) {
    return await(node.askItem(itemId, replyTo -> new ItemActor.Retire("gone", replyTo), PATIENCE));
  }

  void drain() {
    await(node.drain());
  }

  // events

  Interaction event(String eventId, String userId, String itemId, Kind kind) {
    return Interaction.newBuilder()
        .setEventId(eventId)
        .setUserId(userId)
        .setItemId(itemId)
        .setKind(kind)
        .setTimeMillis(clock.millis())
        .build();
  }

  GetMapResponse map(GetMapRequest request) {
    return await(calls.map(request));
  }

  CompletableFuture<List<EventResult>> record(List<Interaction> events) {
    return calls
        .record(RecordRequest.newBuilder().addAllEvents(events).build())
        .thenApply(response -> response.getResultsList())
        .toCompletableFuture();
  }

  /** Records one event; what its acknowledgement says. */
  EventResult recorded(Interaction event) {
    EventResult result = await(record(List.of(event))).getFirst();
    assertEquals(EventResult.Status.RECORDED, result.getStatus(), result.getDetail());
    return result;
  }

  // feeds

  /** A question for a feed to be served. */
  static Question question(String userId, int size, String requestId) {
    return new Question(
        userId,
        "home",
        Purpose.SERVE,
        size,
        requestId,
        "",
        List.of(),
        List.of(),
        Filter.NONE,
        false,
        0,
        AMPLE);
  }

  static Question within(Question question, Duration budget) {
    return new Question(
        question.userId(),
        question.surface(),
        question.purpose(),
        question.size(),
        question.requestId(),
        question.feedSession(),
        question.candidates(),
        question.exclude(),
        question.filter(),
        question.explain(),
        question.reserveFirst(),
        budget);
  }

  static Question paged(Question question, String feedSession) {
    return new Question(
        question.userId(),
        question.surface(),
        question.purpose(),
        question.size(),
        question.requestId(),
        feedSession,
        question.candidates(),
        question.exclude(),
        question.filter(),
        question.explain(),
        question.reserveFirst(),
        question.budget());
  }

  static Question previewed(Question question) {
    return new Question(
        question.userId(),
        question.surface(),
        Purpose.PREVIEW,
        question.size(),
        question.requestId(),
        question.feedSession(),
        question.candidates(),
        question.exclude(),
        question.filter(),
        question.explain(),
        question.reserveFirst(),
        question.budget());
  }

  static Question filtered(Question question, Filter filter) {
    return new Question(
        question.userId(),
        question.surface(),
        question.purpose(),
        question.size(),
        question.requestId(),
        question.feedSession(),
        question.candidates(),
        question.exclude(),
        filter,
        question.explain(),
        question.reserveFirst(),
        question.budget());
  }

  CompletableFuture<Answer> ask(Question question) {
    return node.feeds().ask(question).toCompletableFuture();
  }

  Answer answer(Question question) {
    return await(ask(question));
  }

  static List<String> items(Answer answer) {
    return answer.slots().stream().map(slot -> slot.facts().itemId()).toList();
  }

  /** Whether the answer's slate is the user's own: neither of the promises' exemptions. */
  static boolean reserved(Feeds.Answer answer) {
    return answer.degraded().stream()
        .noneMatch(part -> part.startsWith("user:") || part.startsWith("reservation:"));
  }

  // what holds in the end

  /** Reads all that this node has journalled, and finds no promise broken. */
  PromiseAuditor.Report assertPromisesKept() {
    PromiseAuditor.Report report =
        PromiseAuditor.audit(
            node.store().streams(),
            new StoredUsers(UserCipher.of(node.store().keys())),
            UserSettings.from(node.system().settings().config()));
    assertEquals(List.of(), report.violations());
    assertEquals(0, report.unreadable());
    return report;
  }

  static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    node.close();
  }
}
