package io.millrace.promises;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.millrace.persistence.RocksStore;
import io.millrace.promises.ChildNode.Answer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * P1 and P6 on a node that is killed while events and retirements stream in: what was acknowledged
 * is there once, and what was retired, acknowledged or not, is nowhere.
 *
 * <p>{@code -Dmillrace.test.kills=N} kills N times.
 */
@Tag("server")
final class KillPromiseTest {
  private static final int KILLS = Integer.getInteger("millrace.test.kills", 20);
  private static final int WRITERS = 4;
  private static final int USERS = 100;
  private static final int ITEMS = 60;

  /** Items put before each kill, to be retired around it. */
  private static final int DOOMED = 8;

  /** Events of one cycle are acknowledged before its kill. */
  private static final int ACKNOWLEDGED = 300;

  @TempDir Path folder;
  private final Random random = new Random(11);
  private final Producers producers = new Producers(ITEMS);

  private final Set<String> retireAcknowledged = new HashSet<>();

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void what_was_acknowledged_is_there_once_and_what_was_retired_is_nowhere_after_each_kill()
      throws Exception {
    Path data = folder.resolve("data");
    for (int cycle = 0; cycle <= KILLS; cycle++) {
      try (ChildNode node = ChildNode.start(data, folder.resolve("node.log"))) {
        if (cycle == 0) {
          for (int i = 0; i < ITEMS; i++) {
            put(node, WholeNode.item(i));
          }
        } else {
          producers.assertThere(node, ACKNOWLEDGED);
          assertRetiredAreNowhere(node, cycle - 1);
        }
        if (cycle < KILLS) {
          killed(node, cycle);
        }
      }
    }
    assertJournalKeepsThePromises(data);
  }

  /** Events from several writers, then retirements, then the kill in the middle of them. */
  private void killed(ChildNode node, int cycle) throws Exception {
    for (int i = 0; i < DOOMED; i++) {
      put(node, doomed(cycle, i));
    }
    awaitSearchable(node, cycle);
    JsonObject slate = slate(node, cycle);
    assertEquals(DOOMED, slate.getAsJsonArray("items").size(), slate.toString());

    producers.start(
        node, WRITERS, random.nextLong(), own -> "user-" + own.nextInt(USERS), ACKNOWLEDGED);
    Map<String, CompletableFuture<Answer>> retiring = new HashMap<>();
    int before = 1 + random.nextInt(DOOMED);
    for (int i = 0; i < before; i++) {
      String item = doomed(cycle, i);
      retiring.put(item, node.send("DELETE", "/v1/items/" + item, ""));
    }
    assertFalse(node.endsWithin(random.nextInt(12)));
    node.kill();
    producers.join();

    retiring.forEach((item, answer) -> {
      try {
        if (answer.join().ok()) {
          retireAcknowledged.add(item);
        }
      } catch (CompletionException cutOff) {
        // Nobody said whether it was retired: the next start tells.
      }
    });
  }

  private static String doomed(int cycle, int number) {
    return "doomed-" + cycle + "-" + number;
  }

  private void put(ChildNode node, String item) {
    JsonObject body = new JsonObject();
    body.addProperty("title", "Title of " + item);
    JsonArray categories = new JsonArray();
    categories.add("category-" + random.nextInt(5));
    body.add("categories", categories);
    for (int attempt = 0; attempt < 20; attempt++) {
      if (node.call("PUT", "/v1/items/" + item, body.toString()).ok()) {
        return;
      }
    }
    throw new AssertionError(item + " was not put");
  }

  /** What is put is known to the catalogue when acknowledged, and to the index a moment later. */
  private static void awaitSearchable(ChildNode node, int cycle) {
    JsonObject question = doomedOf(cycle);
    question.addProperty("preview", true);
    Instant end = Instant.now().plusSeconds(10);
    while (items(feed(node, question)).size() < DOOMED) {
      assertTrue(Instant.now().isBefore(end), "not searchable after 10 s");
    }
  }

  /** What the cycle's witness was served: all that is doomed. */
  private static JsonObject slate(ChildNode node, int cycle) {
    return feed(node, doomedOf(cycle));
  }

  private static JsonObject doomedOf(int cycle) {
    JsonObject question = question("witness-" + cycle, DOOMED, "witness/" + cycle);
    JsonArray candidates = new JsonArray();
    for (int i = 0; i < DOOMED; i++) {
      candidates.add(doomed(cycle, i));
    }
    question.add("candidates", candidates);
    return question;
  }

  private static JsonObject question(String user, int size, String requestId) {
    JsonObject question = new JsonObject();
    question.addProperty("userId", user);
    question.addProperty("size", size);
    question.addProperty("requestId", requestId);
    return question;
  }

  private static JsonObject feed(ChildNode node, JsonObject question) {
    Answer answer = node.call("POST", "/millrace.v1.FeedService/GetFeed", question.toString());
    assertEquals(200, answer.status(), answer.body().toString());
    return answer.body();
  }

  private static Set<String> items(JsonObject feed) {
    Set<String> items = new HashSet<>();
    if (feed.has("items")) {
      for (JsonElement one : feed.getAsJsonArray("items")) {
        items.add(one.getAsJsonObject().get("itemId").getAsString());
      }
    }
    return items;
  }

  private void assertRetiredAreNowhere(ChildNode node, int cycle) {
    Set<String> retired = new HashSet<>();
    for (int i = 0; i < DOOMED; i++) {
      Answer item = node.call("GET", "/v1/items/" + doomed(cycle, i), "");
      assertEquals(200, item.status(), item.body().toString());
      if (item.body().has("retired") && item.body().get("retired").getAsBoolean()) {
        retired.add(doomed(cycle, i));
      }
    }
    for (int i = 0; i < DOOMED; i++) {
      String item = doomed(cycle, i);
      assertTrue(
          retired.contains(item) || !retireAcknowledged.contains(item),
          item + " was acknowledged as retired and is not");
    }
    JsonObject again = slate(node, cycle);
    assertTrue(again.get("replayed").getAsBoolean(), again.toString());
    assertEquals(DOOMED - retired.size(), items(again).size());
    List<JsonObject> feeds = new ArrayList<>();
    feeds.add(again);
    feeds.add(feed(node, question("after-" + cycle, 100, "after/" + cycle)));
    JsonObject asked = question("asking-" + cycle, DOOMED, "asking/" + cycle);
    JsonArray candidates = new JsonArray();
    retired.forEach(candidates::add);
    if (!candidates.isEmpty()) {
      asked.add("candidates", candidates);
      feeds.add(feed(node, asked));
    }
    feeds.add(node.call("GET", "/v1/items/" + WholeNode.item(0) + "/similar?size=100", "").body());
    for (JsonObject feed : feeds) {
      Set<String> shown = items(feed);
      shown.retainAll(retired);
      assertEquals(Set.of(), shown);
    }
  }

  private void assertJournalKeepsThePromises(Path data) {
    Map<String, List<Long>> journalled;
    try (RocksStore store = RocksStore.openReadOnly(data)) {
      Journalled.assertKeepsThePromises(store);
      journalled = Journalled.interactions(store);
    }
    producers
        .acknowledged()
        .forEach((id, userSeq) -> assertEquals(List.of(userSeq), journalled.get(id), id));
  }
}
