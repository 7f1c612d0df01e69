package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.evidence.AnswerSink;
import io.millrace.evidence.UserEventReader;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemActor;
import io.millrace.item.ItemCard;
import io.millrace.item.TestNode;
import io.millrace.persistence.RocksStoreExtension;
import io.millrace.serialization.StoredUsers;
import io.millrace.serialization.UserCipher;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import io.millrace.user.UserActor;
import io.millrace.user.UserDependencies;
import io.millrace.user.UserSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an item and an interaction to a candidate, through every actor and a real store. */
class CatalogueNodeTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private TestNode node;
  private CatalogueNode catalogue;
  private UserDependencies users;

  private void start() {
    node =
        TestNode.clustered(
            folder.resolve("store"),
            "millrace.item.shards = 8, millrace.evidence.batch-every = 0 s");
    ActorSystem<?> system = node.kit().system();
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    InstantSource clock = InstantSource.fixed(Instant.ofEpochMilli(NOW));
    UserCipher cipher = UserCipher.of(RocksStoreExtension.of(system).keys());
    UserEventReader reader = new StoredUsers(cipher);
    catalogue =
        CatalogueNode.start(
            system,
            new CatalogueNode.Needs(
                "default",
                node.streams(),
                node.removal(),
                reader,
                ExactItemIndex::new,
                folder.resolve("index"),
                () -> true,
                ChoiceSink.NONE,
                AnswerSink.NONE,
                GenerationShelf.NONE,
                clock));
    users =
        new UserDependencies(
            clock,
            cipher,
            catalogue.catalogue(),
            (entityId, command) -> {},
            () -> true,
            UserSettings.from(node.settings()));
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static <T> T await(CompletionStage<T> stage)
      throws ExecutionException, InterruptedException, TimeoutException {
    return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private int put(String itemId) throws Exception {
    ItemActor.Reply reply =
        await(
            catalogue
                .item(itemId)
                .ask(replyTo -> new ItemActor.Put(TestNode.item(itemId), replyTo), PATIENCE));
    return ((ItemActor.Stored) reply).ordinal();
  }

  private void like(String userId, String itemId, long atMs) {
    ActorRef<UserActor.Command> user =
        node.kit().spawn(UserActor.create("default|" + userId, users));
    TestProbe<UserActor.Reply> replies = node.kit().createTestProbe();
    ItemCard card = catalogue.catalogue().card(itemId);
    assertNotNull(card);
    user.tell(
        new UserActor.RecordInteractions(
            List.of(
                new Interaction(
                    userId + itemId,
                    itemId,
                    card,
                    InteractionKind.LIKE,
                    atMs,
                    "home",
                    "",
                    "",
                    -1,
                    true,
                    true,
                    Double.NaN,
                    1,
                    "",
                    null,
                    Interaction.Details.NONE)),
            replies.ref()));
    replies.expectMessageClass(UserActor.Recorded.class, PATIENCE);
    node.kit().stop(user);
  }

  private ActorRef<IndexSearchActor.Command> search() {
    TestProbe<Receptionist.Listing> listings = node.kit().createTestProbe();
    node.kit()
        .system()
        .receptionist()
        .tell(Receptionist.subscribe(IndexSearchActor.SERVICE, listings.ref()));
    List<ActorRef<IndexSearchActor.Command>> found = new ArrayList<>();
    while (found.isEmpty()) {
      found.addAll(
          listings
              .expectMessageClass(Receptionist.Listing.class, PATIENCE)
              .getServiceInstances(IndexSearchActor.SERVICE));
    }
    return found.getFirst();
  }

  private int[] retrieve(int... history) {
    long[] times = new long[history.length];
    java.util.Arrays.fill(times, NOW - 1_000);
    int[] excluded = history.clone();
    java.util.Arrays.sort(excluded);
    TestProbe<IndexSearchActor.Reply> replies = node.kit().createTestProbe();
    search()
        .tell(
            new IndexSearchActor.Retrieve(
                new RetrievalQuery(
                    NOW,
                    history,
                    times,
                    excluded,
                    List.of(),
                    RetrievalQuery.Filter.NONE,
                    EnumSet.of(Source.CO_VISITED, Source.POPULAR_1D),
                    50,
                    50),
                replies.ref()));
    return replies
        .expectMessageClass(IndexSearchActor.Found.class, PATIENCE)
        .candidates()
        .ordinals();
  }

  private byte[] checkpoint() throws Exception {
    TestProbe<IndexPartitionActor.Applied> applied = node.kit().createTestProbe();
    catalogue.index().tell(new IndexPartitionActor.WriteCheckpoint(applied.ref()));
    applied.expectMessageClass(IndexPartitionActor.Applied.class, PATIENCE);
    return WrittenCheckpoint.state(folder.resolve("index"));
  }

  @Test
  void an_interaction_is_in_the_next_retrieval_after_a_drain_and_after_restarts() throws Exception {
    start();
    int first = put("first");
    int second = put("second");
    int third = put("third");
    like("ann", "first", NOW - 60_000);
    like("ann", "second", NOW - 30_000);
    like("bob", "second", NOW - 20_000);

    long[] batches = await(catalogue.awaitApplied());

    assertTrue(java.util.Arrays.stream(batches).sum() >= 1);
    assertArrayEquals(new int[] {second}, retrieve(first));
    assertArrayEquals(new int[] {first}, retrieve(second));
    byte[] before = checkpoint();

    node.close();
    start();
    await(catalogue.awaitApplied());
    assertArrayEquals(new int[] {second}, retrieve(first));
    assertEquals(third, put("third"));

    node.close();
    Files.delete(folder.resolve("index").resolve("index-0.checkpoint"));
    start();
    await(catalogue.awaitApplied());
    assertArrayEquals(before, checkpoint());
  }

  @Test
  void a_retired_item_is_a_tombstone_when_acknowledged_and_in_no_retrieval() throws Exception {
    start();
    int first = put("first");
    put("second");
    like("ann", "first", NOW - 60_000);
    like("bob", "second", NOW - 60_000);

    ItemActor.Reply reply =
        await(
            catalogue
                .item("first")
                .ask(replyTo -> new ItemActor.Retire("gone", replyTo), PATIENCE));

    assertEquals(new ItemActor.Stored("first", first, 2), reply);
    assertTrue(catalogue.catalogue().tombstoned(first));
    await(catalogue.awaitApplied());
    assertEquals(1, retrieve().length);
    node.close();
    start();
    await(catalogue.awaitApplied());
    assertTrue(catalogue.catalogue().tombstoned(first));
    assertEquals(1, retrieve().length);
  }
}
