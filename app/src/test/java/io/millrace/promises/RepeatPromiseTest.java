package io.millrace.promises;

import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.question;
import static io.millrace.promises.WholeNode.reserved;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P4 on a whole node: nothing twice, whoever asks at once and whatever stops in between. */
@Tag("server")
final class RepeatPromiseTest {
  private static final int USERS = 200;
  private static final int AT_ONCE = 32;
  private static final int SIZE = 20;
  private static final int USERS_AT_ONCE = 8;
  private static final int WAVES = USERS / USERS_AT_ONCE;

  @TempDir Path folder;

  /** What each request of a user was answered. */
  private final Map<String, Map<String, Answer>> answers = new LinkedHashMap<>();

  @Test
  void two_hundred_users_ask_32_times_at_once_across_a_restart_and_see_nothing_twice()
      throws Exception {
    WholeNode node = WholeNode.start(folder);
    try {
      node.putItems(1_200);
      for (int wave = 0; wave < WAVES / 2; wave++) {
        keep(ask(node, wave));
      }

      Map<String, CompletableFuture<Answer>> cut = ask(node, WAVES / 2);
      CountDownLatch some = new CountDownLatch(AT_ONCE);
      List<CompletableFuture<Answer>> counted =
          cut.values().stream()
              .map(asked -> asked.whenComplete((answer, failure) -> some.countDown()))
              .toList();
      assertTrue(
          some.await(WholeNode.PATIENCE.toSeconds(), TimeUnit.SECONDS),
          counted.size() + " requests have no answer");
      node.close();
      Map<String, Answer> before = answered(cut);
      node = WholeNode.start(folder);

      Map<String, CompletableFuture<Answer>> again = ask(node, WAVES / 2);
      Map<String, Answer> repeated = keep(again);
      before.forEach((requestId, answer) -> {
        assertEquals(items(answer), items(repeated.get(requestId)));
        assertTrue(repeated.get(requestId).replayed());
      });
      for (int wave = WAVES / 2 + 1; wave < WAVES; wave++) {
        keep(ask(node, wave));
      }
      assertNothingTwice();
      for (int wave = 0; wave < WAVES; wave++) {
        ask(node, wave)
            .forEach((requestId, asked) -> {
              Answer first = answers.get(user(requestId)).get(requestId);
              Answer retried = WholeNode.await(asked);
              assertTrue(retried.replayed());
              assertEquals(items(first), items(retried));
              assertTrue(retried.asOfUserSeq() > 0);
            });
      }
      node.assertPromisesKept();
    } finally {
      node.close();
    }
  }

  @Test
  void more_requests_than_a_small_catalogue_can_fill_share_it_and_say_what_is_missing() {
    try (WholeNode node = WholeNode.start(folder)) {
      node.putItems(130);
      List<CompletableFuture<Answer>> asked = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        asked.add(node.ask(question("ann", SIZE, "ann/" + i)));
      }

      Set<String> seen = new HashSet<>();
      int shown = 0;
      for (CompletableFuture<Answer> one : asked) {
        Answer answer = WholeNode.await(one);
        assertTrue(reserved(answer), answer.degraded().toString());
        shown += answer.slots().size();
        seen.addAll(items(answer));
        assertEquals(
            answer.slots().size() < SIZE,
            answer.degraded().contains("short:no-more-eligible-items"),
            answer.degraded().toString());
      }
      assertEquals(shown, seen.size());
      assertTrue(shown > 130 - SIZE, "only " + shown + " of 130 were shown");
      node.assertPromisesKept();
    }
  }

  private static String user(String requestId) {
    return requestId.substring(0, requestId.indexOf('/'));
  }

  /** Asks for all users of a wave; request id to answer. */
  private static Map<String, CompletableFuture<Answer>> ask(WholeNode node, int wave) {
    Map<String, CompletableFuture<Answer>> asked = new LinkedHashMap<>();
    for (int request = 0; request < AT_ONCE; request++) {
      for (int user = wave * USERS_AT_ONCE; user < (wave + 1) * USERS_AT_ONCE; user++) {
        String requestId = "user-" + user + "/" + request;
        asked.put(requestId, node.ask(question("user-" + user, SIZE, requestId)));
      }
    }
    return asked;
  }

  private Map<String, Answer> keep(Map<String, CompletableFuture<Answer>> asked) {
    Map<String, Answer> kept = new HashMap<>();
    asked.forEach((requestId, one) -> {
      Answer answer = WholeNode.await(one);
      assertTrue(reserved(answer), requestId + " " + answer.degraded());
      assertEquals(SIZE, answer.slots().size(), requestId + " " + answer.degraded());
      kept.put(requestId, answer);
      answers.computeIfAbsent(user(requestId), user -> new HashMap<>()).put(requestId, answer);
    });
    return kept;
  }

  /** What had its answer, and a reservation, when the node stopped. */
  private static Map<String, Answer> answered(Map<String, CompletableFuture<Answer>> asked) {
    Map<String, Answer> answered = new HashMap<>();
    asked.forEach((requestId, one) -> {
      if (one.isDone() && !one.isCompletedExceptionally() && reserved(one.join())) {
        answered.put(requestId, one.join());
      }
    });
    return answered;
  }

  private void assertNothingTwice() {
    assertEquals(USERS, answers.size());
    answers.forEach((user, slates) -> {
      Set<String> seen = new HashSet<>();
      assertEquals(AT_ONCE, slates.size());
      slates
          .values()
          .forEach(slate ->
              items(slate)
                  .forEach(item -> assertTrue(seen.add(item), user + " saw twice " + item)));
    });
  }
}
