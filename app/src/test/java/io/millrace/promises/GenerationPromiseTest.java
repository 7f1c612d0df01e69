package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.facts;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.FeedGateway;
import io.millrace.feed.Feeds;
import io.millrace.index.Candidates;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.GenerationVectors;
import io.millrace.index.GraphVectorIndex;
import io.millrace.index.ItemIndex;
import io.millrace.index.ListsVectorIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Signal;
import io.millrace.index.Source;
import io.millrace.item.ItemIds;
import io.millrace.learning.GenerationActor;
import io.millrace.learning.GenerationActor.Decided;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.Place;
import io.millrace.proto.v1.PlacedItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Generations on a whole node: trained from its journal, used by its feeds, there again after a
 * restart, and never one that knows nothing.
 */
@Tag("server")
final class GenerationPromiseTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));
  private static final int ITEMS = 400;
  private static final int TASTES = 8;
  private static final int USERS = 600;
  private static final int EVENTS = 20;

  @TempDir Path folder;

  @Test
  void a_generation_is_adopted_and_feeds_are_near_to_the_user_also_after_a_restart()
      throws Exception {
    try (WholeNode node = start("taste")) {
      feed(node, true);
      Decided first = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(first.adopted(), first.detail());
      assertOfTheirTaste(node, 1);
      assertALikeMovesTheUserOnTheMap(node);

      Decided second = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(second.adopted(), second.detail());
      assertOfTheirTaste(node, 2);

      Decided back = await(node.node().decideGeneration(GenerationActor.Rollback::new));
      assertTrue(back.adopted(), back.detail());
      assertEquals(1, await(node.node().describeGenerations()).adopted());
      assertOfTheirTaste(node, 1);
      node.assertPromisesKept();
    }
    try (WholeNode node = start("taste")) {
      assertOfTheirTaste(node, 1);
      Decided promoted =
          await(node.node().decideGeneration(replyTo -> new GenerationActor.Promote(2, replyTo)));
      assertTrue(promoted.adopted(), promoted.detail());
      assertOfTheirTaste(node, 2);
    }
  }

  @Test
  void a_later_generation_is_adopted_also_where_moving_items_has_no_share_of_a_core()
      throws Exception {
    try (WholeNode node = start("no-share", Map.of("millrace.retrieval.live-cpu-share", "0"))) {
      feed(node, true);
      for (int number = 1; number <= 2; number++) {
        Decided decided = await(node.node().decideGeneration(GenerationActor.Train::new));
        assertTrue(decided.adopted(), decided.detail());
        assertOfTheirTaste(node, number);
      }
    }
  }

  @Test
  void what_nobody_liked_for_a_reason_makes_no_generation() throws Exception {
    try (WholeNode node = start("chance")) {
      feed(node, false);
      Decided decided = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertFalse(decided.adopted(), decided.detail());
      assertTrue(decided.detail().contains("no taste"), decided.detail());
      assertEquals(0, await(node.node().describeGenerations()).adopted());
      assertFalse(Files.exists(folder.resolve("chance/generations/generation-1.bin")));
      Feeds.Answer answer = node.answer(previewed(question("user-1", 20, "p")));
      assertEquals(20, answer.slots().size());
    }
  }

  @Test
  void feeds_go_on_while_generations_are_adopted_and_none_mixes_two() throws Exception {
    try (WholeNode node = start("load")) {
      feed(node, true);
      Decided first = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(first.adopted(), first.detail());
      AtomicBoolean stop = new AtomicBoolean();
      Map<String, Set<Integer>> answers = new ConcurrentHashMap<>();
      List<CompletableFuture<?>> askers = new ArrayList<>();
      for (int asker = 0; asker < 3; asker++) {
        int from = asker;
        askers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int n = from; !stop.get(); n++) {
                    ask(node, "user-" + n % 50, answers);
                  }
                },
                task -> Thread.ofPlatform().start(task)));
      }

      List<Decided> decided = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        Decided trained = await(node.node().decideGeneration(GenerationActor.Train::new));
        decided.add(trained);
        decided.add(await(node.node().decideGeneration(GenerationActor.Rollback::new)));
        decided.add(
            await(
                node.node()
                    .decideGeneration(
                        replyTo -> new GenerationActor.Promote(trained.number(), replyTo))));
      }
      askAll(node, answers);
      stop.set(true);
      askers.forEach(asker -> await(asker));

      decided.forEach(one -> assertTrue(one.adopted(), one.detail()));
      // The same question in the same generation has the same answer, so nothing of another one
      // was in it; and generations differ, or this would tell nothing.
      answers.forEach((asked, made) -> assertEquals(1, made.size(), asked + " " + made));
      for (int generation = 1; generation <= 4; generation++) {
        String suffix = "@" + generation;
        assertTrue(answers.keySet().stream().anyMatch(asked -> asked.endsWith(suffix)), suffix);
      }
      assertNotEquals(answers.get("user-1@4"), answers.get("user-1@3"));
      node.assertPromisesKept();
    }
  }

  /** Asks for a feed that must be whole; keeps what it was made of under the name it gives. */
  private static void ask(WholeNode node, String user, Map<String, Set<Integer>> answers) {
    FeedGateway.Traced traced =
        await(FeedGateway.trace(node.node().gateway(), previewed(question(user, 20, user)), 0));
    assertEquals(List.of(), traced.answer().degraded());
    assertEquals(20, traced.answer().slots().size());
    Candidates made = Objects.requireNonNull(traced.choices()).candidates();
    int all = Arrays.hashCode(made.ordinals());
    for (Signal signal : List.of(Signal.NEAREST, Signal.NEAREST_RECENT, Signal.NEAR_CONTENT)) {
      all = 31 * all + Arrays.hashCode(made.signals()[signal.ordinal()]);
    }
    answers
        .computeIfAbsent(
            user + "@" + traced.answer().versions().generation(),
            asked -> ConcurrentHashMap.newKeySet())
        .add(all);
  }

  @Test
  void a_restart_and_a_kill_answer_as_before_with_all_that_moved_since_the_generation()
      throws Exception {
    Map<String, Set<Integer>> before = new ConcurrentHashMap<>();
    Map<String, Set<Integer>> unmoved = new ConcurrentHashMap<>();
    try (WholeNode node = start("live")) {
      feed(node, true);
      Decided first = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(first.adopted(), first.detail());
      askAll(node, unmoved);
      // Some of it is in the checkpoint, and some is not; items come amid their evidence, and one
      // says something new of itself.
      for (int i = 0; i < 8; i++) {
        node.putItem(facts("late-" + i, 0));
        for (int user = 0; user < 10; user++) {
          node.recorded(
              node.event(
                  "late/" + i + "/" + user, "user-" + (i + 8 * user), "late-" + i, Kind.LIKE));
        }
        node.drain();
        if (i == 4) {
          await(node.node().checkpointIndex());
        }
      }
      node.putItem(facts("late-1", 7));
      node.drain();
      askAll(node, before);
      copy(folder.resolve("live"), folder.resolve("killed"));
      copy(folder.resolve("live"), folder.resolve("bare"));
    }
    Files.delete(folder.resolve("bare/index/index-0.checkpoint"));

    assertNotEquals(unmoved, before);
    for (String name : List.of("live", "killed", "bare")) {
      Map<String, Set<Integer>> after = new ConcurrentHashMap<>();
      try (WholeNode node = start(name)) {
        askAll(node, after);
        node.assertPromisesKept();
      }
      assertEquals(before, after, name);
    }
  }

  private static void askAll(WholeNode node, Map<String, Set<Integer>> answers) {
    for (int n = 0; n < 50; n++) {
      ask(node, "user-" + n, answers);
    }
  }

  /** What a killed process leaves: nothing is under way, and nothing was closed. */
  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private static void assertOfTheirTaste(WholeNode node, int generation) {
    int near = 0;
    int own = 0;
    int slots = 0;
    Set<String> degraded = new TreeSet<>();
    for (int user = 0; user < 40; user++) {
      Feeds.Answer answer = node.answer(previewed(question("user-" + user, 20, "p" + user)));
      assertEquals(generation, answer.versions().generation());
      degraded.addAll(answer.degraded());
      for (Feeds.Slot slot : answer.slots()) {
        slots++;
        near += slot.sources().contains("nearest") ? 1 : 0;
        own += number(slot.facts().itemId()) % TASTES == user % TASTES ? 1 : 0;
      }
    }
    assertTrue(
        near > slots / 2, near + " of " + slots + " slots came from nearest, degraded " + degraded);
    assertTrue(own > slots / 4, own + " of " + slots + " slots are of the user's taste");
  }

  private static void assertALikeMovesTheUserOnTheMap(WholeNode node) {
    GetMapRequest request =
        GetMapRequest.newBuilder().setUserId("newcomer").addInclude(item(ITEMS - 1)).build();
    GetMapResponse nowhere = node.map(request);
    assertEquals(1, nowhere.getGeneration());
    assertFalse(nowhere.hasUser());
    assertTrue(
        nowhere.getItemsList().stream()
            .anyMatch(placed -> placed.getItemId().equals(item(ITEMS - 1))));

    List<Feeds.Slot> starters = await(node.node().feeds().starters(TASTES));
    long tastes =
        starters.stream().map(slot -> number(slot.facts().itemId()) % TASTES).distinct().count();
    assertTrue(tastes >= TASTES - 1, tastes + " tastes in " + TASTES + " starters");
    Place before = Place.getDefaultInstance();
    for (int like = 0; like < 3; like++) {
      record(
          node,
          new ArrayList<>(
              List.of(
                  Interaction.newBuilder()
                      .setEventId("like/" + like)
                      .setUserId("newcomer")
                      .setItemId(starters.get(like).facts().itemId())
                      .setKind(Kind.LIKE)
                      .build())));
      GetMapResponse now = node.map(request);
      assertFalse(now.getUser().equals(before), "moved by like " + like);
      before = now.getUser();
      assertEquals(like + 1, now.getItemsList().stream().filter(PlacedItem::hasStrength).count());
    }
  }

  private static int number(String itemId) {
    for (int i = 0; i < ITEMS; i++) {
      if (item(i).equals(itemId)) {
        return i;
      }
    }
    throw new AssertionError(itemId);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lists", "graph"})
  void feeds_find_what_comparing_all_would_also_after_a_restart_and_while_items_move(
      String structure) throws Exception {
    AtomicReference<ItemIndex> index = new AtomicReference<>();
    try (WholeNode node = start(structure, structure, index)) {
      feed(node, true);
      Decided decided = await(node.node().decideGeneration(GenerationActor.Train::new));
      assertTrue(decided.adopted(), decided.detail());
      assertOfTheirTaste(node, 1);
      assertFindsTheNearest(index.get(), structure, Set.of());
    }
    try (WholeNode node = start(structure, structure, index)) {
      // What was adopted is prepared again; each answer gives it time.
      while (node.answer(previewed(question("user-1", 20, "p"))).versions().generation() != 1) {
        node.drain();
      }
      assertOfTheirTaste(node, 1);
      List<Interaction> moves = new ArrayList<>();
      for (int n = 0; n < 300; n++) {
        moves.add(node.event("move/" + n, "user-" + n, item((n * 7 + 3) % ITEMS), Kind.LIKE));
      }
      CompletableFuture<List<EventResult>> moving = node.record(moves);
      assertFindsTheNearest(index.get(), structure, Set.of());
      await(moving);
      node.retire(item(5));
      node.drain();
      int retired = index.get().ordinal(ItemIds.hash(item(5)));
      assertFindsTheNearest(index.get(), structure, Set.of(retired));
    }
  }

  /** Asks as feeds ask, and compares with a look at every vector. */
  private static void assertFindsTheNearest(ItemIndex index, String structure, Set<Integer> gone) {
    GenerationVectors vectors = requireNonNull(index.vectors(1));
    assertEquals(
        structure,
        vectors.search() instanceof ListsVectorIndex
            ? "lists"
            : vectors.search() instanceof GraphVectorIndex ? "graph" : "exact");
    Random random = new Random(7);
    int found = 0;
    int asked = 0;
    for (int n = 0; n < 50; n++) {
      float[] user = requireNonNull(vectors.vector(random.nextInt(ITEMS))).clone();
      for (int i = 0; i < user.length; i++) {
        user[i] += (float) (.05 * random.nextGaussian());
      }
      List<Integer> best = new ArrayList<>();
      for (int ordinal = 0; ordinal < index.ordinals(); ordinal++) {
        if (vectors.vector(ordinal) != null && !gone.contains(ordinal)) {
          best.add(ordinal);
        }
      }
      best.sort(
          Comparator.comparingDouble(
              ordinal -> -product(requireNonNull(vectors.vector(ordinal)), user)));
      Candidates candidates =
          index.retrieve(
              new RetrievalQuery(
                  CLOCK.millis(),
                  new int[0],
                  new long[0],
                  new int[0],
                  List.of(),
                  RetrievalQuery.Filter.NONE,
                  EnumSet.of(Source.NEAREST),
                  40,
                  40,
                  new RetrievalQuery.Taste(1, user, user),
                  RetrievalQuery.Refused.NONE));
      Set<Integer> wanted = new HashSet<>(best.subList(0, 40));
      for (int ordinal : candidates.ordinals()) {
        assertFalse(gone.contains(ordinal));
        found += wanted.contains(ordinal) ? 1 : 0;
      }
      asked += 40;
    }
    assertTrue(found >= .95 * asked, found + " of " + asked);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  private WholeNode start(String name) {
    return start(name, Map.of());
  }

  private WholeNode start(String name, Map<String, String> settings) {
    return start(name, settings, new AtomicReference<>());
  }

  private WholeNode start(String name, String structure, AtomicReference<ItemIndex> index) {
    return start(name, Map.of("millrace.retrieval.nearest.structure", structure), index);
  }

  private WholeNode start(
      String name, Map<String, String> settings, AtomicReference<ItemIndex> index) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("millrace.generation.train-every", "0 s");
    all.put("millrace.generation.cpu-share", "1");
    all.put("millrace.surfaces.home.max-per-category", "0");
    return WholeNode.start(
        folder.resolve(name),
        all,
        CLOCK,
        () -> {
          index.set(new ExactItemIndex());
          return index.get();
        });
  }

  /** Users who act within their taste nine times of ten, or at random. */
  private static void feed(WholeNode node, boolean tasteful) {
    for (int i = 0; i < ITEMS; i++) {
      node.putItem(facts(item(i), 0));
    }
    node.drain();
    Random random = new Random(1);
    List<Interaction> together = new ArrayList<>();
    for (int n = 0; n < EVENTS; n++) {
      for (int user = 0; user < USERS; user++) {
        int taste = tasteful && random.nextInt(10) > 0 ? user % TASTES : random.nextInt(TASTES);
        together.add(
            Interaction.newBuilder()
                .setEventId("event/" + user + "/" + n)
                .setUserId("user-" + user)
                .setItemId(item(random.nextInt(ITEMS / TASTES) * TASTES + taste))
                .setKind(Kind.LIKE)
                .setTimeMillis(CLOCK.millis() - (EVENTS - n) * 3_600_000L + user * 1_000L)
                .build());
        if (together.size() == 300) {
          record(node, together);
        }
      }
    }
    node.drain();
  }

  private static void record(WholeNode node, List<Interaction> events) {
    await(node.record(events))
        .forEach(result -> assertEquals(EventResult.Status.RECORDED, result.getStatus()));
    events.clear();
  }
}
