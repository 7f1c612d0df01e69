package io.millrace.promises;

import static io.millrace.promises.WholeNode.AMPLE;
import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.previewed;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.ExactItemIndex;
import io.millrace.persistence.Backup;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Kind;
import io.millrace.user.UserActor;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup of a whole node that goes on is a node of its own, with the same feeds. */
@Tag("server")
final class BackupPromiseTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));

  /** Fewer than a node lets in however slow it is. */
  private static final int AT_ONCE = 100;

  private static final int USERS = 30;

  @TempDir Path temp;

  private WholeNode start(String name) {
    return WholeNode.start(temp.resolve(name), Map.of(), CLOCK, ExactItemIndex::new);
  }

  @Test
  void a_backup_restores_to_the_same_feeds_and_forgets_whom_the_node_forgot_later() {
    List<List<String>> before;
    try (WholeNode node = start("data")) {
      node.putItems(200);
      for (int user = 0; user < USERS; user++) {
        for (int i = 0; i < 8; i++) {
          node.recorded(node.event(user + "/" + i, "user-" + user, item(user + 7 * i), Kind.LIKE));
        }
        node.answer(question("user-" + user, 5, "served/" + user));
      }
      node.drain();
      before = feeds(node);

      await(node.node().backup(temp.resolve("backup")));

      assertInstanceOf(UserActor.Forgotten.class, await(node.node().forgetUser("user-0", AMPLE)));
    }

    Backup.restore(temp.resolve("backup"), temp.resolve("restored"), Optional.empty());

    try (WholeNode node = start("restored")) {
      node.drain();
      List<List<String>> after = feeds(node);
      assertEquals(before.subList(1, USERS), after.subList(1, USERS));
      assertEquals(1, node.answer(question("user-0", 5, "anew")).asOfUserSeq());
      assertEquals(10, node.answer(question("user-1", 5, "more")).asOfUserSeq());
    }
  }

  @Test
  void a_backup_taken_under_load_is_consistent() {
    int recorded;
    try (WholeNode node = start("data")) {
      node.putItems(100);
      List<CompletableFuture<List<EventResult>>> load = new ArrayList<>();
      CompletableFuture<Backup.Contents> backup = null;
      for (int i = 0; i < 1_500; i++) {
        if (i == 500) {
          load.forEach(WholeNode::await);
          backup = node.node().backup(temp.resolve("backup")).toCompletableFuture();
        }
        if (i >= AT_ONCE) {
          await(load.get(i - AT_ONCE));
        }
        String user = "user-" + i % USERS;
        load.add(node.record(List.of(node.event("event/" + i, user, item(i % 100), Kind.LIKE))));
      }
      load.forEach(WholeNode::await);
      await(backup);
      recorded = Journalled.once(node).size();
      assertEquals(1_500, recorded);
    }

    Backup.restore(temp.resolve("backup"), temp.resolve("restored"), Optional.empty());

    try (WholeNode node = start("restored")) {
      node.drain();
      int restored = Journalled.once(node).size();
      assertTrue(restored >= 500, "only " + restored);
      node.assertPromisesKept();
    }
  }

  /** What each would be shown now; asking changes nothing. */
  private static List<List<String>> feeds(WholeNode node) {
    List<List<String>> feeds = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      feeds.add(items(node.answer(previewed(question("user-" + user, 20, "seen/" + user)))));
    }
    return feeds;
  }
}
