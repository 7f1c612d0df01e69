package io.millrace.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.millrace.importing.Format;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations of small data through a real node. */
@Tag("server")
class EvaluationsTest {
  private static final int EVENTS = 300;

  @TempDir private Path folder;

  /** Thirty users who go from an item to the next, each from a start of its own. */
  private void writeRatings() throws IOException {
    SplittableRandom random = new SplittableRandom(3);
    int[] at = new int[30];
    StringBuilder ratings = new StringBuilder();
    for (int n = 0; n < EVENTS; n++) {
      int user = random.nextInt(30);
      int item = (user + at[user]++) % 60;
      ratings.append("%d::%07d::8::%d\n".formatted(user + 1, item + 1, 1_362_000_000L + n * 900L));
    }
    StringBuilder movies = new StringBuilder();
    for (int item = 1; item <= 60; item++) {
      movies.append("%07d::Title %d (2012)::Drama\n".formatted(item, item));
    }
    Files.writeString(folder.resolve("ratings.dat"), ratings);
    Files.writeString(folder.resolve("movies.dat"), movies);
  }

  private JsonObject prequential(String ranker, Duration stateDelay, Duration itemLag)
      throws IOException {
    return Evaluations.prequential(
        new PrequentialOptions(
            folder,
            Format.AUTO,
            null,
            0.6,
            List.of(),
            List.of(),
            ranker,
            stateDelay,
            itemLag,
            "eval",
            true,
            0),
        line -> {});
  }

  @Test
  void two_runs_give_identical_ranks_and_others_are_measured_beside() throws IOException {
    writeRatings();

    JsonObject first = prequential("fusion", Duration.ZERO, Duration.ZERO);
    JsonObject second = prequential("fusion", Duration.ZERO, Duration.ZERO);

    assertEquals(120, first.get("events").getAsInt());
    assertEquals(first.get("ranks"), second.get("ranks"));
    assertEquals(first.get("by"), second.get("by"));
    assertTrue(first.get("hr@20").getAsDouble() > 0.5);
    JsonObject by = first.getAsJsonObject("by");
    assertEquals(
        List.of("history", "age", "touches", "fresh", "cold", "source", "without", "rule"),
        List.copyOf(by.keySet()));
    assertTrue(first.get("union-recall").getAsDouble() > 0.9);
    assertTrue(first.get("union-recall").getAsDouble() <= 1);
    assertTrue(by.getAsJsonObject("source").has("co-visited-last"));
  }

  @Test
  void staleness_is_felt_and_measured_alone() throws IOException {
    writeRatings();

    JsonObject fresh = prequential("fixed", Duration.ZERO, Duration.ZERO);
    JsonObject lateState = prequential("fixed", Duration.ofDays(1), Duration.ZERO);
    JsonObject lateItems = prequential("fixed", Duration.ZERO, Duration.ofDays(30));

    JsonObject littleLate = prequential("fixed", Duration.ZERO, Duration.ofMillis(1));

    assertEquals(fresh.get("ranks"), littleLate.get("ranks"));
    assertNotEquals(fresh.get("ranks"), lateState.get("ranks"));
    assertNotEquals(fresh.get("ranks"), lateItems.get("ranks"));
    assertTrue(lateState.get("ndcg@20").getAsDouble() < fresh.get("ndcg@20").getAsDouble());
    assertTrue(lateItems.get("ndcg@20").getAsDouble() < fresh.get("ndcg@20").getAsDouble());
    assertFalse(lateState.getAsJsonObject("by").has("source"));
  }

  @Test
  void validation_is_history_and_is_learnt_from_only_when_asked() throws IOException {
    // That 7 follows 6 is train; that 9 follows 8 is known only from a validation item.
    StringBuilder lines = new StringBuilder();
    for (int user = 1; user <= 12; user++) {
      String last = user <= 6 ? "8 9" : "6 7";
      lines.append("%d %d %d %d %s\n".formatted(user, 10 + user, 30 + user, 50 + user, last));
    }
    lines.append("13 90 6 7 74 75\n");
    lines.append("14 80 81 8 9 73\n");
    Path file = folder.resolve("Walks.txt");
    Files.writeString(file, lines);

    JsonObject strict = Evaluations.leaveOneOut(file, false, line -> {});
    JsonObject online = Evaluations.leaveOneOut(file, true, line -> {});

    assertEquals("leave-one-out", strict.get("protocol").getAsString());
    assertEquals(14, strict.get("users").getAsInt());
    assertEquals(6 / 14.0, afterTheLast(strict), 1e-9);
    assertEquals("leave-one-out-online", online.get("protocol").getAsString());
    assertEquals(12 / 14.0, afterTheLast(online), 1e-9);
  }

  private static double afterTheLast(JsonObject result) {
    return result
        .getAsJsonObject("by")
        .getAsJsonObject("source")
        .getAsJsonObject("co-visited-last")
        .get("hr@10")
        .getAsDouble();
  }
}
