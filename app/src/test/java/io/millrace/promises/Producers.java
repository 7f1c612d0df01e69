package io.millrace.promises;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.millrace.promises.ChildNode.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Clients that stream events into a node that will be killed, and know what it acknowledged. */
final class Producers {
  private final int items;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();

  /** What was sent since the last start, by event id. */
  private final Map<String, JsonObject> sent = new ConcurrentHashMap<>();

  private final List<Thread> writers = new ArrayList<>();

  /** Of events about so many items, {@link WholeNode#item}. */
  Producers(int items) {
    this.items = items;
  }

  /** Every event whose acknowledgement arrived, with its number. */
  Map<String, Long> acknowledged() {
    return acknowledged;
  }

  /** What was sent since the last start, by event id. */
  Map<String, JsonObject> sent() {
    return sent;
  }

  /** Starts so many, each sending until the node is gone; returns when enough is acknowledged. */
  void start(
      ChildNode node, int many, long seed, Function<Random, String> user, int enoughAcknowledged)
      throws InterruptedException {
    CountDownLatch enough = new CountDownLatch(enoughAcknowledged);
    sent.clear();
    for (int writer = 0; writer < many; writer++) {
      Random own = new Random(seed + writer);
      writers.add(Thread.ofVirtual().start(() -> write(node, own, user, enough)));
    }
    assertTrue(enough.await(WholeNode.PATIENCE.toSeconds(), TimeUnit.SECONDS));
  }

  /** Once the node is gone. */
  void join() throws InterruptedException {
    for (Thread writer : writers) {
      writer.join();
    }
    writers.clear();
  }

  /** Sends batches until the node is gone. */
  private void write(
      ChildNode node, Random own, Function<Random, String> user, CountDownLatch enough) {
    while (true) {
      JsonArray events = new JsonArray();
      for (int i = 1 + own.nextInt(12); i > 0; i--) {
        JsonObject event = new JsonObject();
        event.addProperty("eventId", "event-" + numbers.incrementAndGet());
        event.addProperty("userId", user.apply(own));
        event.addProperty("itemId", WholeNode.item(own.nextInt(items)));
        event.addProperty("kind", own.nextBoolean() ? "LIKE" : "CLICK");
        event.addProperty("timeMillis", System.currentTimeMillis());
        events.add(event);
        sent.put(event.get("eventId").getAsString(), event);
      }
      try {
        record(node, events, Set.of("RECORDED"))
            .forEach((id, result) -> {
              acknowledged.put(id, result.get("userSeq").getAsLong());
              enough.countDown();
            });
      } catch (ChildNode.Gone killed) {
        return;
      }
    }
  }

  /** The results of those events that have one of these states. */
  private static Map<String, JsonObject> record(
      ChildNode node, JsonArray events, Set<String> states) {
    JsonObject body = new JsonObject();
    body.add("events", events);
    Answer answer = node.call("POST", "/v1/events", body.toString());
    Map<String, JsonObject> recorded = new HashMap<>();
    if (answer.ok()) {
      for (JsonElement one : answer.body().getAsJsonArray("results")) {
        JsonObject result = one.getAsJsonObject();
        if (states.contains(result.get("status").getAsString())) {
          recorded.put(result.get("eventId").getAsString(), result);
        }
      }
    }
    return recorded;
  }

  /** Each event of the last start is sent again: what was acknowledged is known. */
  void assertThere(ChildNode node, int atLeast) {
    List<String> known = sent.keySet().stream().filter(acknowledged::containsKey).toList();
    assertTrue(known.size() >= atLeast);
    for (int from = 0; from < known.size(); from += 200) {
      again(node, known.subList(from, Math.min(known.size(), from + 200)))
          .forEach((id, result) -> {
            assertEquals("REPEATED", result.get("status").getAsString(), id + " was lost");
            assertTrue(result.get("userSeq").getAsLong() >= acknowledged.get(id), id);
          });
    }
    // The client does not know of the others; sending them again is safe.
    again(node, sent.keySet().stream().filter(id -> !acknowledged.containsKey(id)).toList());
  }

  /** Sends events of the last start until each is durable; how it was found then. */
  private Map<String, JsonObject> again(ChildNode node, List<String> ids) {
    Map<String, JsonObject> durable = new HashMap<>();
    long end = System.nanoTime() + WholeNode.PATIENCE.toNanos();
    while (durable.size() < ids.size()) {
      assertTrue(System.nanoTime() < end, "no answer for " + (ids.size() - durable.size()));
      JsonArray events = new JsonArray();
      ids.stream()
          .filter(id -> !durable.containsKey(id))
          .limit(200)
          .forEach(id -> events.add(sent.get(id)));
      durable.putAll(record(node, events, Set.of("RECORDED", "REPEATED")));
    }
    return durable;
  }
}
