package io.millrace.edge;

import io.millrace.feed.Feeds;
import io.millrace.feed.ImpressionTokens;
import io.millrace.importing.Facts;
import io.millrace.index.ItemFacts;
import io.millrace.index.RetrievalQuery.Filter;
import io.millrace.item.Catalogue;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemCard;
import io.millrace.item.ItemIds;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationsState;
import io.millrace.model.taste.TasteMap;
import io.millrace.persistence.Backup;
import io.millrace.persistence.StoreUnusable;
import io.millrace.user.Interaction;
import io.millrace.user.Profile;
import io.millrace.user.UserActor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** A node in memory: users that count events, items that are put, feeds of all items in order. */
final class FakeNode implements Backend, Feeds, Catalogue {
  static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  final ImpressionTokens tokens =
      new ImpressionTokens("an ordinary key of thirty-two b.".getBytes(StandardCharsets.UTF_8));
  final Map<String, ItemFacts> items = new LinkedHashMap<>();
  final Set<String> retired = new HashSet<>();
  final Map<String, List<Interaction>> recorded = new LinkedHashMap<>();
  volatile UserActor.@Nullable Reply userAnswer;
  volatile boolean silent;
  volatile boolean ready = true;
  volatile Duration lag = Duration.ZERO;
  volatile @Nullable Question lastQuestion;
  volatile int vectorLength;
  volatile String learning = "";

  /** What an export holds instead of two lines. */
  volatile @Nullable Iterator<String> exported;

  private final ActorSystem<?> system;

  FakeNode(ActorSystem<?> system) {
    this.system = system;
  }

  void put(String... ids) {
    for (String id : ids) {
      items.put(id, Facts.of(id).title("Title of " + id).createdAt(1_000).build());
    }
  }

  @Override
  public ActorSystem<?> system() {
    return system;
  }

  @Override
  public synchronized CompletionStage<UserActor.Reply> askUser(
      String userId,
      Function<ActorRef<UserActor.Reply>, UserActor.Command> message,
      Duration timeout) {
    UserActor.Reply given = userAnswer;
    if (given != null) {
      return CompletableFuture.completedStage(given);
    }
    return switch (message.apply(system.<UserActor.Reply>ignoreRef())) {
      case UserActor.RecordInteractions record ->
          CompletableFuture.completedStage(record(userId, record));
      case UserActor.Describe _ ->
          CompletableFuture.completedStage(
              new UserActor.Described(
                  Profile.unknown(userId),
                  List.of(),
                  recorded.getOrDefault(userId, List.of()).size(),
                  0,
                  new UserActor.Preferences(
                      List.of(), List.of(), List.of(), List.of(), List.of(), -1)));
      case UserActor.SetPreferences _ ->
          CompletableFuture.completedStage(new UserActor.PreferencesSet(7));
      case UserActor.Merge _ -> CompletableFuture.completedStage(new UserActor.Merged(9));
      default -> CompletableFuture.failedStage(new IllegalStateException("not asked by the edge"));
    };
  }

  @Override
  public synchronized CompletionStage<UserActor.Reply> forgetUser(String userId, Duration timeout) {
    UserActor.Reply given = userAnswer;
    recorded.remove(userId);
    return CompletableFuture.completedStage(given != null ? given : new UserActor.Forgotten());
  }

  @Override
  public CompletionStage<Iterator<String>> exportUser(String userId, Duration timeout) {
    Iterator<String> given = exported;
    return given != null
        ? CompletableFuture.completedStage(given)
        : CompletableFuture.completedStage(
            List.of("{\"type\":\"user\",\"userId\":\"" + userId + "\"}", "{\"type\":\"end\"}")
                .iterator());
  }

  @Override
  public CompletionStage<Backup.Contents> backup(Path to) {
    return to.endsWith("taken")
        ? CompletableFuture.failedStage(new StoreUnusable("backup folder " + to + " is not empty"))
        : CompletableFuture.completedStage(new Backup.Contents(NOW, to, 7, 1_000));
  }

  private UserActor.Reply record(String userId, UserActor.RecordInteractions command) {
    List<Interaction> known = recorded.computeIfAbsent(userId, user -> new ArrayList<>());
    List<UserActor.Result> results = new ArrayList<>();
    for (Interaction interaction : command.interactions()) {
      boolean repeated =
          known.stream().anyMatch(other -> other.eventId().equals(interaction.eventId()));
      if (!repeated) {
        known.add(interaction);
      }
      results.add(new UserActor.Result(interaction.eventId(), repeated, known.size()));
    }
    return new UserActor.Recorded(results, known.size());
  }

  @Override
  public synchronized CompletionStage<ItemActor.Reply> askItem(
      String itemId,
      Function<ActorRef<ItemActor.Reply>, ItemActor.Command> message,
      Duration timeout) {
    ItemActor.Reply reply =
        switch (message.apply(system.<ItemActor.Reply>ignoreRef())) {
          case ItemActor.Put put -> {
            items.put(itemId, put.facts());
            yield new ItemActor.Stored(itemId, 1, 1);
          }
          case ItemActor.Retire _ -> {
            if (!items.containsKey(itemId)) {
              yield new ItemActor.Unknown(itemId);
            }
            retired.add(itemId);
            yield new ItemActor.Stored(itemId, 1, 2);
          }
          case ItemActor.GetItem _ -> {
            ItemFacts facts = items.get(itemId);
            yield facts == null
                ? new ItemActor.Unknown(itemId)
                : new ItemActor.ItemIs(facts, 1, 1, retired.contains(itemId));
          }
          default -> new ItemActor.Rejected("INVALID", "not asked by the edge");
        };
    return CompletableFuture.completedStage(reply);
  }

  @Override
  public Catalogue catalogue() {
    return this;
  }

  @Override
  public Feeds feeds() {
    return this;
  }

  @Override
  public ImpressionTokens tokens() {
    return tokens;
  }

  @Override
  public InstantSource clock() {
    return InstantSource.fixed(NOW);
  }

  @Override
  public boolean ready() {
    return ready;
  }

  @Override
  public Duration evidenceLag() {
    return lag;
  }

  @Override
  public long indexedItems() {
    return items.size();
  }

  @Override
  public int vectorLength() {
    return vectorLength;
  }

  @Override
  public CompletionStage<Void> drain() {
    return CompletableFuture.completedStage(null);
  }

  @Override
  public CompletionStage<Void> checkpoint() {
    return CompletableFuture.completedStage(null);
  }

  // Feeds

  @Override
  public CompletionStage<Answer> ask(Question question) {
    lastQuestion = question;
    if (silent) {
      return new CompletableFuture<>();
    }
    return CompletableFuture.completedStage(answer(question.requestId(), question));
  }

  @Override
  public CompletionStage<Answer> similar(String itemId, int size, Filter filter, Duration budget) {
    return CompletableFuture.completedStage(answer("", null));
  }

  @Override
  public CompletionStage<List<Slot>> starters(int size) {
    return CompletableFuture.completedStage(answer("", null).slots().stream().limit(size).toList());
  }

  /** Items stand on a diagonal, the first at its foot; a user who did nothing stands nowhere. */
  @Override
  public CompletionStage<Standing> stand(
      Profile profile, int popular, List<String> include, Duration budget) {
    List<Placed> placed = new ArrayList<>();
    for (ItemFacts item : items.values()) {
      if (placed.size() < popular || include.contains(item.itemId())) {
        double at = placed.size() / 10.0;
        placed.add(
            new Placed(item, new TasteMap.Place(at, at), placed.isEmpty() ? (byte) 75 : null));
      }
    }
    return CompletableFuture.completedStage(
        learning.isEmpty()
            ? new Standing(
                1,
                "",
                new TasteMap.Place(.25, -.5),
                null,
                placed,
                List.of(new TasteMap.Region("Drama", new TasteMap.Place(0, 1), 3)))
            : new Standing(0, learning, null, null, List.of(), List.of()));
  }

  private Answer answer(String requestId, @Nullable Question question) {
    List<Slot> slots = new ArrayList<>();
    for (ItemFacts item : items.values()) {
      if (retired.contains(item.itemId())
          || (question != null && slots.size() == question.size())) {
        continue;
      }
      String token =
          question == null
              ? ""
              : tokens.issue(
                  question.userId(),
                  requestId,
                  item.itemId(),
                  1,
                  slots.size(),
                  new UserActor.Versions(1, 1, 1, 0));
      slots.add(
          new Slot(
              item,
              token,
              List.of("popular today"),
              0.5,
              List.of("popular-1d"),
              1,
              List.of(new Contribution("popular", 0.25, 2))));
    }
    return new Answer(
        requestId,
        question == null ? "" : question.surface(),
        3,
        slots,
        List.of(),
        12,
        false,
        new Versions("pipeline-1", "rules-1", 5, 0),
        0,
        List.of(new StageTime("profile", 150)));
  }

  // Catalogue

  @Override
  public @Nullable ItemCard card(String itemId) {
    ItemFacts item = items.get(itemId);
    return item == null
        ? null
        : new ItemCard(
            itemId,
            1,
            ItemIds.hash(itemId),
            item.categories(),
            item.creator(),
            item.durationMs(),
            item.createdAtMs());
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
  public CompletionStage<GenerationActor.Decided> decideGeneration(GenerationCommand command) {
    return CompletableFuture.completedFuture(new GenerationActor.Decided(1, true, "decided"));
  }

  @Override
  public CompletionStage<GenerationsState> describeGenerations() {
    return CompletableFuture.completedFuture(GenerationsState.NONE);
  }
}
