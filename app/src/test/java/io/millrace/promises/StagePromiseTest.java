package io.millrace.promises;

import static io.millrace.promises.WholeNode.question;
import static io.millrace.promises.WholeNode.within;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds.Answer;
import io.millrace.index.Candidates;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * P8 on a whole node: an index or a ranker that is slow, hangs, fails or is missing costs its own
 * part of the answer, which is named, and never the answer. The store's turn is {@link
 * StorePromiseTest}.
 */
@Tag("server")
final class StagePromiseTest {
  private static final Duration BUDGET = Duration.ofSeconds(2);

  /** How late an answer may be seen on a busy machine; the budget itself is the node's to keep. */
  private static final Duration GRACE = Duration.ofSeconds(3);

  @TempDir static Path folder;
  private static final Switched INDEX = new Switched();
  private static WholeNode node;

  @BeforeAll
  static void start() {
    node =
        WholeNode.start(
            folder,
            // More threads and room than hanging questions take: what waits for them is not tested.
            Map.of(
                "millrace.retrieval.search-threads", 16, "millrace.feed.floor-refresh", "100 ms"),
            InstantSource.system(),
            () -> INDEX);
    node.putItems(150);
    awaitFloor();
  }

  /** The floor is looked up now and then: until it knows the items, feeds of it are short. */
  private static void awaitFloor() {
    long end = System.nanoTime() + WholeNode.PATIENCE.toNanos();
    INDEX.fail();
    int attempt = 0;
    while (ask("floor-" + attempt++).slots().size() < 20) {
      assertTrue(System.nanoTime() < end, "the floor stays empty");
      INDEX.heal();
      for (int i = 0; i < 50; i++) {
        ask("refresh-" + attempt + "-" + i);
      }
      INDEX.fail();
    }
    INDEX.heal();
  }

  @AfterEach
  void heal() {
    INDEX.heal();
    node.assertPromisesKept();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static Answer ask(String requestId) {
    return ask(requestId, BUDGET);
  }

  private static Answer ask(String requestId, Duration budget) {
    return node.ask(within(question("somebody-" + requestId, 20, requestId), budget))
        .orTimeout(budget.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }

  /** Full and named; a busy machine may make other stages late too. */
  private static void assertFull(Answer answer, String named) {
    assertEquals(20, answer.slots().size(), answer.degraded().toString());
    assertTrue(answer.degraded().contains(named), answer.degraded() + " without " + named);
  }

  private static void assertFullAndSound(Answer answer) {
    assertEquals(20, answer.slots().size(), answer.degraded().toString());
    assertEquals(
        List.of(), answer.degraded().stream().filter(part -> !part.startsWith("rules:")).toList());
  }

  @Test
  void a_node_that_has_learnt_nothing_ranks_with_the_weights_it_is_shipped_with() {
    assertFullAndSound(ask("fresh", WholeNode.AMPLE));
  }

  @Test
  void an_index_that_is_a_little_slow_costs_nothing() {
    INDEX.slow(100);

    assertFullAndSound(ask("slow", WholeNode.AMPLE));
  }

  @Test
  void an_index_that_is_too_slow_is_replaced_by_the_floor() {
    INDEX.slow(5_000);

    assertFull(ask("too-slow"), "retrieval:late");
  }

  @Test
  void an_index_that_hangs_is_replaced_by_the_floor() {
    INDEX.hang();

    assertFull(ask("hanging"), "retrieval:late");
  }

  @Test
  void an_index_that_fails_is_replaced_by_the_floor() {
    INDEX.fail();

    assertFull(ask("failing"), "retrieval:failed");
  }

  @Test
  void a_source_that_is_missing_is_named() {
    INDEX.change(found -> missing(found, List.of("trending")));

    assertFull(ask("missing"), "source:trending");
  }

  @Test
  void a_ranker_that_fails_leaves_the_order_of_the_index() {
    INDEX.change(StagePromiseTest::withoutSignals);

    assertFull(ask("unranked"), "ranker:failed");
  }

  @Test
  void an_index_that_hangs_over_a_slow_store_still_makes_a_feed() {
    INDEX.hang();
    node.node().store().faults().slow(Duration.ofMillis(50));

    assertFull(ask("both"), "retrieval:late");
    node.node().store().faults().heal();
  }

  private static Candidates missing(Candidates found, List<String> sources) {
    return new Candidates(
        found.ordinals(),
        found.sources(),
        found.signals(),
        found.primaryCategory(),
        found.creator(),
        found.because(),
        found.maxima(),
        found.historyReleaseYear(),
        found.historyPopularity(),
        found.itemLagMs(),
        found.evidence(),
        sources);
  }

  /** What the fusion cannot read: it fails on it. */
  private static Candidates withoutSignals(Candidates found) {
    return new Candidates(
        found.ordinals(),
        found.sources(),
        new float[0][],
        found.primaryCategory(),
        found.creator(),
        found.because(),
        found.maxima(),
        found.historyReleaseYear(),
        found.historyPopularity(),
        found.itemLagMs(),
        found.evidence(),
        List.of());
  }
}
