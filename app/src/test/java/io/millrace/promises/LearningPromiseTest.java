package io.millrace.promises;

import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.feed.Feeds;
import io.millrace.index.ExactItemIndex;
import io.millrace.proto.v1.Kind;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole node learns from what people answer to what it served. */
@Tag("server")
final class LearningPromiseTest {

  @TempDir Path folder;

  @Test
  void a_like_of_something_served_changes_the_ranker_without_being_asked() {
    Map<String, Object> settings =
        Map.of(
            // Nothing else may teach it, and nothing else may read on.
            "millrace.evidence.choice-share", 0, "millrace.learning.save-every", "1 h");
    try (WholeNode node =
        WholeNode.start(folder, settings, InstantSource.system(), ExactItemIndex::new)) {
      node.putItems(50);
      List<Feeds.Slot> served = node.answer(question("anna", 10, "first")).slots();
      assertTrue(served.size() > 2, () -> "served " + served);
      long before = ranker(node);

      node.recorded(
          node.event("e1", "anna", served.get(2).facts().itemId(), Kind.LIKE).toBuilder()
              .setToken(served.get(2).token())
              .build());
      node.recorded(node.event("e2", "anna", served.get(1).facts().itemId(), Kind.LIKE));

      assertTimeoutPreemptively(
          WholeNode.PATIENCE,
          () -> {
            while (ranker(node) == before) {
              Thread.onSpinWait();
            }
          });
      assertEquals(before + 1, ranker(node));
    }
  }

  private static long ranker(WholeNode node) {
    return node.answer(previewed(question("anna", 5, "look"))).versions().ranker();
  }
}
