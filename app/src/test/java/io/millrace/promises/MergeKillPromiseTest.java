package io.millrace.promises;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.persistence.RocksStore;
import io.millrace.promises.ChildNode.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Merges on a node that is killed in the middle of them, while events stream in and feeds are
 * served: each interaction is in one account, no item is served twice.
 *
 * <p>{@code -Dmillrace.test.merge-kills=N} kills N times; twenty are a thousand merges.
 */
@Tag("server")
final class MergeKillPromiseTest {
  private static final int KILLS = Integer.getInteger("millrace.test.merge-kills", 4);
  private static final int MERGES = 50;
  private static final int USERS = 120;
  private static final int ITEMS = 60;
  private static final int MERGERS = 3;

  @TempDir Path folder;
  private final Random random = new Random(5);
  private final Producers producers = new Producers(ITEMS);
  private final Map<String, Integer> events = new HashMap<>();
  private final AtomicInteger merged = new AtomicInteger();

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void after_kills_among_merges_each_interaction_is_in_one_account_and_nothing_is_served_twice()
      throws Exception {
    Path data = folder.resolve("data");
    for (int cycle = 0; cycle <= KILLS; cycle++) {
      try (ChildNode node = ChildNode.start(data, folder.resolve("node.log"))) {
        if (cycle == 0) {
          for (int i = 0; i < ITEMS; i++) {
            assertTrue(node.call("PUT", "/v1/items/" + WholeNode.item(i), "{}").ok());
          }
        } else {
          producers.assertThere(node, 1);
          producers
              .sent()
              .values()
              .forEach(event -> events.merge(event.get("userId").getAsString(), 1, Integer::sum));
        }
        if (cycle < KILLS) {
          killed(node, cycle);
        } else {
          assertEachInteractionIsInOneAccount(node);
        }
      }
    }
    try (RocksStore store = RocksStore.openReadOnly(data)) {
      Journalled.assertKeepsThePromises(store);
    }
  }

  private static String user(Random own) {
    return "user-" + own.nextInt(USERS * Math.max(1, KILLS));
  }

  private void killed(ChildNode node, int cycle) throws Exception {
    producers.start(node, 2, random.nextLong(), MergeKillPromiseTest::user, 100);
    int enough = merged.get() + MERGES;
    List<Thread> others = new ArrayList<>();
    for (int i = 0; i < MERGERS; i++) {
      Random own = new Random(random.nextLong());
      others.add(Thread.ofVirtual().start(() -> merge(node, own)));
    }
    Random own = new Random(random.nextLong());
    others.add(Thread.ofVirtual().start(() -> feed(node, own, cycle)));
    long end = System.nanoTime() + WholeNode.PATIENCE.toNanos();
    while (merged.get() < enough) {
      assertTrue(System.nanoTime() < end, "only " + merged.get() + " of " + enough + " merges");
      assertTrue(!node.endsWithin(1 + random.nextInt(4)), "the node ended by itself");
    }
    node.kill();
    producers.join();
    for (Thread other : others) {
      other.join();
    }
  }

  /** Merges anybody into anybody, now and then both ways at once. */
  private void merge(ChildNode node, Random own) {
    try {
      while (true) {
        String source = user(own);
        String target = user(own);
        if (own.nextInt(4) == 0) {
          var _ = node.send("POST", "/v1/users/" + target + "/merge", into(source));
        }
        Answer answer = node.call("POST", "/v1/users/" + source + "/merge", into(target));
        if (answer.ok()) {
          merged.incrementAndGet();
        }
      }
    } catch (ChildNode.Gone killed) {
      // whoever is half merged is found by what comes next
    }
  }

  private static String into(String target) {
    JsonObject body = new JsonObject();
    body.addProperty("targetUserId", target);
    return body.toString();
  }

  private static void feed(ChildNode node, Random own, int cycle) {
    try {
      for (int i = 0; ; i++) {
        JsonObject question = new JsonObject();
        question.addProperty("userId", user(own));
        question.addProperty("size", 3);
        question.addProperty("requestId", "feed/" + cycle + "/" + i);
        node.call("POST", "/millrace.v1.FeedService/GetFeed", question.toString());
      }
    } catch (ChildNode.Gone killed) {
      // the journal tells what was served
    }
  }

  private void assertEachInteractionIsInOneAccount(ChildNode node) {
    Map<String, Long> done = new HashMap<>();
    Map<String, Long> held = new HashMap<>();
    for (int u = 0; u < USERS * KILLS; u++) {
      String user = "user-" + u;
      List<JsonObject> export = export(node, user);
      String account = export.get(0).getAsJsonArray("storedAs").get(0).getAsString();
      done.merge(account, (long) events.getOrDefault(user, 0), Long::sum);
      JsonObject state = export.get(1).getAsJsonObject("state");
      held.put(account, state.has("interactions") ? state.get("interactions").getAsLong() : 0);
    }
    assertEquals(done, held);
    int gone = USERS * KILLS - held.size();
    assertTrue(gone > KILLS * MERGES / 4, "only " + gone + " became another");
    System.out.printf(
        "kills=%d merges answered=%d users that became another=%d interactions=%d%n",
        KILLS, merged.get(), gone, done.values().stream().mapToLong(n -> n).sum());
  }

  /** Asked until it is whole: somebody may first have to end a merge. */
  private static List<JsonObject> export(ChildNode node, String user) {
    for (int attempt = 0; attempt < 20; attempt++) {
      List<JsonObject> lines =
          node.lines("/v1/users/" + user + "/export").stream()
              .map(line -> JsonParser.parseString(line).getAsJsonObject())
              .toList();
      if (lines.size() > 2) {
        return lines;
      }
    }
    throw new AssertionError(user + " is not exported");
  }
}
