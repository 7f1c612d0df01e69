package io.millrace.promises;

import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.facts;
import static io.millrace.promises.WholeNode.item;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.index.Candidates;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import io.millrace.index.Source;
import io.millrace.item.ItemActor;
import io.millrace.persistence.JournalCheck;
import io.millrace.persistence.RocksStore;
import io.millrace.persistence.StoredEvent;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P7 on a whole node: what is read is made of the journal alone, whatever order it came in. */
@Tag("server")
final class RebuildPromiseTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T12:00:00Z"));
  private static final int ITEMS = 80;
  private static final int USERS = 60;
  private static final int EVENTS = 25;

  @TempDir Path folder;

  @Test
  void an_index_without_its_checkpoint_is_rebuilt_from_the_journal_bit_for_bit() throws Exception {
    Switched first = new Switched();
    byte[] before;
    try (WholeNode node = start("one", first)) {
      feed(node, 1);
      retire(node);
      before = first.checkpoint();
      node.assertPromisesKept();
    }
    Path index = folder.resolve("one/index");
    delete(index);

    Switched second = new Switched();
    byte[] rebuilt;
    try (WholeNode node = start("one", second)) {
      node.drain();
      rebuilt = second.checkpoint();
    }
    // And a third time, from a damaged checkpoint.
    Files.createDirectories(index);
    Files.writeString(index.resolve("index-0.checkpoint"), "not a checkpoint");
    Switched third = new Switched();
    byte[] again;
    try (WholeNode node = start("one", third)) {
      node.drain();
      again = third.checkpoint();
      node.assertPromisesKept();
    }

    assertTrue(before.length > 10_000, "only " + before.length + " bytes");
    assertArrayEquals(before, rebuilt);
    assertArrayEquals(before, again);
  }

  @Test
  void it_is_the_same_where_checkpoints_of_evidence_have_taken_the_place_of_its_batches()
      throws Exception {
    Map<String, String> deletes = Map.of("millrace.evidence.keep-batches", "0 s");
    Switched first = new Switched();
    byte[] before;
    List<String> served;
    try (WholeNode node = WholeNode.start(folder.resolve("one"), deletes, CLOCK, () -> first)) {
      feed(node, 1);
      await(node.node().checkpoint());
      record(node, List.of(event(0, EVENTS), event(1, EVENTS)));
      node.drain();
      await(node.node().checkpoint());
      record(node, List.of(event(2, EVENTS)));
      retire(node);
      before = first.checkpoint();
      served = preview(node);
      node.assertPromisesKept();
    }
    delete(folder.resolve("one/index"));
    try (RocksStore store = RocksStore.openReadOnly(folder.resolve("one"))) {
      for (int stream = 0; stream < 16; stream++) {
        List<StoredEvent> left = store.streams().of("evidence|" + stream, 1, 10);
        assertTrue(left.size() < 3, left.size() + " batches of stream " + stream + " are left");
      }
      assertEquals(0, JournalCheck.verify(store).problems());
    }

    Switched second = new Switched();
    try (WholeNode node = WholeNode.start(folder.resolve("one"), deletes, CLOCK, () -> second)) {
      node.drain();
      assertArrayEquals(before, second.checkpoint());
      assertEquals(served, preview(node));
      record(node, List.of(event(3, EVENTS)));
      node.drain();
      node.assertPromisesKept();
    }
  }

  private static List<String> preview(WholeNode node) {
    return WholeNode.items(
        node.answer(WholeNode.previewed(WholeNode.question("user-5", 40, "preview"))));
  }

  @Test
  void two_nodes_told_of_their_users_in_different_orders_hold_the_same_of_every_item() {
    Switched one = new Switched();
    Switched other = new Switched();
    try (WholeNode left = start("left", one);
        WholeNode right = start("right", other)) {
      feed(left, 1);
      feed(right, 2);

      for (int i = 0; i < ITEMS; i++) {
        int ordinal = ordinal(left, i);
        assertEquals(ordinal, ordinal(right, i));
        assertEquals(one.counts(ordinal), other.counts(ordinal));
      }
      Random random = new Random(3);
      for (int i = 0; i < 100; i++) {
        RetrievalQuery query = query(random);
        assertSame(one.retrieve(query), other.retrieve(query));
      }
      left.assertPromisesKept();
      right.assertPromisesKept();
    }
  }

  private WholeNode start(String name, ItemIndex index) {
    return WholeNode.start(folder.resolve(name), Map.of(), CLOCK, () -> index);
  }

  /** The same events of the same users, who come in an order that the seed decides. */
  private static void feed(WholeNode node, long seed) {
    for (int i = 0; i < ITEMS; i++) {
      node.putItem(facts(item(i), i));
    }
    node.drain();
    List<Integer> turns = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      turns.addAll(Collections.nCopies(EVENTS, user));
    }
    Collections.shuffle(turns, new Random(seed));
    int[] next = new int[USERS];
    List<Interaction> together = new ArrayList<>();
    for (int user : turns) {
      together.add(event(user, next[user]++));
      if (together.size() == 50) {
        record(node, together);
        together.clear();
      }
    }
    record(node, together);
    node.drain();
  }

  private static void record(WholeNode node, List<Interaction> events) {
    if (!events.isEmpty()) {
      await(node.record(events))
          .forEach(result -> assertEquals(EventResult.Status.RECORDED, result.getStatus()));
    }
  }

  private static Interaction event(int user, int number) {
    Random random = new Random(user * 1_000L + number);
    return Interaction.newBuilder()
        .setEventId("event/" + user + "/" + number)
        .setUserId("user-" + user)
        .setItemId(item(random.nextInt(ITEMS)))
        .setKind(random.nextInt(5) == 0 ? Kind.CLICK : Kind.LIKE)
        .setTimeMillis(
            CLOCK.millis() - (EVENTS - number) * 3_600_000L * 7 - random.nextInt(3_600_000))
        .build();
  }

  private static void retire(WholeNode node) {
    for (int i = 0; i < ITEMS; i += 9) {
      assertInstanceOf(ItemActor.Stored.class, node.retire(item(i)));
    }
    node.drain();
  }

  private static int ordinal(WholeNode node, int item) {
    var card = node.node().catalogue().card(item(item));
    assertFalse(card == null, item(item));
    return card.ordinal();
  }

  private static RetrievalQuery query(Random random) {
    int[] history = random.ints(10, 0, ITEMS).toArray();
    long[] times = new long[history.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = CLOCK.millis() - (times.length - i) * 600_000L;
    }
    int[] excluded = Arrays.stream(history).sorted().distinct().toArray();
    return new RetrievalQuery(
        CLOCK.millis(),
        history,
        times,
        excluded,
        List.of(),
        RetrievalQuery.Filter.NONE,
        EnumSet.allOf(Source.class),
        200,
        1_000);
  }

  private static void assertSame(Candidates left, Candidates right) {
    assertArrayEquals(left.ordinals(), right.ordinals());
    assertArrayEquals(left.sources(), right.sources());
    assertArrayEquals(left.because(), right.because());
    for (int signal = 0; signal < left.signals().length; signal++) {
      assertArrayEquals(left.signals()[signal], right.signals()[signal], 0f);
    }
    assertArrayEquals(left.maxima(), right.maxima(), 0f);
    assertArrayEquals(left.historyPopularity(), right.historyPopularity(), 0f);
    assertTrue(left.size() > 0);
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
