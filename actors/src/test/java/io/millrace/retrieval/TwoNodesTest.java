package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.evidence.AnswerSink;
import io.millrace.evidence.UserEventReader;
import io.millrace.index.ExactItemIndex;
import io.millrace.item.CatalogueFollowerActor;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemSettings;
import io.millrace.item.Membership;
import io.millrace.item.TestNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P6 between two members of a real cluster that read the same journal. */
class TwoNodesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private static CompletableFuture<ItemActor.Reply> retire(CatalogueNode items, String itemId) {
    return items
        .item(itemId)
        .<ItemActor.Reply>ask(replyTo -> new ItemActor.Retire("gone", replyTo), PATIENCE)
        .toCompletableFuture();
  }

  @Test
  void a_retirement_is_acknowledged_when_the_other_member_knows_and_not_before() throws Exception {
    try (TestNode here = TestNode.clustered(folder.resolve("a"), "millrace.item.shards = 4");
        TestNode there = TestNode.clustered(folder.resolve("b"), "millrace.item.shards = 4")) {
      Cluster cluster = Cluster.get(here.kit().system());
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
      CatalogueNode items =
          CatalogueNode.start(
              here.kit().system(),
              new CatalogueNode.Needs(
                  "default",
                  here.streams(),
                  here.removal(),
                  event -> UserEventReader.Observations.NONE,
                  ExactItemIndex::new,
                  folder.resolve("index"),
                  () -> true,
                  ChoiceSink.NONE,
                  AnswerSink.NONE,
                  GenerationShelf.NONE,
                  InstantSource.system()));
      for (String itemId : new String[] {"first", "second"}) {
        items
            .item(itemId)
            .<ItemActor.Reply>ask(
                replyTo -> new ItemActor.Put(TestNode.item(itemId), replyTo), PATIENCE)
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
      }
      Cluster.get(there.kit().system()).manager().tell(Join.create(cluster.selfMember().address()));
      here.kit()
          .createTestProbe()
          .awaitAssert(
              PATIENCE,
              () -> {
                long up = 0;
                for (var member : cluster.state().getMembers()) {
                  up += member.status().equals(MemberStatus.up()) ? 1 : 0;
                }
                assertEquals(2, up);
                return null;
              });

      CompletableFuture<ItemActor.Reply> first = retire(items, "first");
      here.kit().createTestProbe().expectNoMessage(Duration.ofSeconds(1));
      assertFalse(first.isDone());
      CatalogueFollowerActor.Parts follower =
          CatalogueFollowerActor.create(
              here.streams(),
              Membership.of(there.kit().system()),
              ItemSettings.of(there.settings()));
      there.kit().spawn(follower.behavior());

      ItemActor.Stored stored = (ItemActor.Stored) first.get(30, TimeUnit.SECONDS);
      assertTrue(follower.catalogue().tombstoned(stored.ordinal()));
      assertTrue(items.catalogue().tombstoned(stored.ordinal()));

      stored = (ItemActor.Stored) retire(items, "second").get(30, TimeUnit.SECONDS);
      assertTrue(follower.catalogue().tombstoned(stored.ordinal()));
      there
          .kit()
          .createTestProbe()
          .awaitAssert(
              PATIENCE,
              () -> {
                assertTrue(follower.catalogue().ready());
                return null;
              });
    }
  }
}
