package io.millrace.retrieval;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.evidence.EvidenceFolded;
import io.millrace.evidence.EvidencePartWritten;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePart;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.ItemIndex;
import io.millrace.index.SummedBatches;
import io.millrace.item.ItemEvent;
import io.millrace.item.ItemIds;
import io.millrace.item.TestNode;
import io.millrace.model.taste.Generation;
import io.millrace.persistence.Cursor;
import io.millrace.persistence.InMemoryEventStream;
import io.millrace.persistence.StoredEvent;
import io.millrace.serialization.EvidenceCodec;
import io.millrace.serialization.ItemCodec;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexPartitionActorTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final int ITEMS = 60;

  @TempDir Path folder;
  private TestNode node;
  private InMemoryEventStream events = new InMemoryEventStream();
  private final ConcurrentLinkedQueue<ChoiceSink.Chosen> chosen = new ConcurrentLinkedQueue<>();
  private final IndexVitals vitals = new IndexVitals();
  private final AtomicInteger indexesMade = new AtomicInteger();
  private volatile boolean searchesFail;

  /** The index's method that fails the next time it is called. */
  private final AtomicReference<String> failsOnce = new AtomicReference<>("");

  private volatile @Nullable ItemIndex newest;
  private final Shelf shelf = new Shelf();

  /** Of one small generation, whose items nobody knows. */
  private static final class Shelf implements GenerationShelf {
    private final AtomicReference<@Nullable TasteSpace> used = new AtomicReference<>();
    private final AtomicInteger preparations = new AtomicInteger();
    private final Generation generation = TrainedTaste.of(20, 1_000);
    private volatile boolean adopts;

    /** Loading waits for as long as it is set. */
    private final AtomicBoolean held = new AtomicBoolean();

    @Override
    public Generation load(int number) {
      if (number != 1) {
        throw new IllegalStateException("generation " + number + ", expected 1");
      }
      while (held.get()) {
        Thread.onSpinWait();
      }
      return generation;
    }

    @Override
    public void prepared(TasteSpace space) {
      preparations.incrementAndGet();
      if (adopts) {
        used.set(space);
      }
    }

    @Override
    public @Nullable TasteSpace now() {
      return used.get();
    }
  }

  /** One thing that the journal says, and the stream that says it. */
  private record Said(String stream, String persistenceId, long sequence, byte[] payload) {}

  @BeforeEach
  void start() {
    node = TestNode.on(folder.resolve("store"));
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private ActorRef<IndexPartitionActor.Command> partition() {
    return partition(node.settings());
  }

  private ActorRef<IndexPartitionActor.Command> partition(Config settings) {
    return node.kit()
        .spawn(
            IndexPartitionActor.create(
                0,
                new IndexPartitionActor.Surroundings(
                    RetrievalSettings.of(settings),
                    events,
                    this::newIndex,
                    folder,
                    chosen::add,
                    shelf,
                    InstantSource.system(),
                    vitals)));
  }

  /** What the writer writes now. */
  private ItemIndex index() {
    return Objects.requireNonNull(newest);
  }

  private ItemIndex newIndex() {
    indexesMade.incrementAndGet();
    ItemIndex index = new ExactItemIndex();
    newest = index;
    return (ItemIndex)
        Proxy.newProxyInstance(
            ItemIndex.class.getClassLoader(),
            new Class<?>[] {ItemIndex.class},
            (proxy, method, arguments) -> {
              if (failsOnce.compareAndSet(method.getName(), "")) {
                throw new IllegalStateException("switched to fail once");
              }
              if (searchesFail && method.getName().equals("retrieve")) {
                throw new IllegalStateException("switched to fail");
              }
              return method.invoke(index, arguments);
            });
  }

  private long[] drain(ActorRef<IndexPartitionActor.Command> partition) {
    TestProbe<IndexPartitionActor.Applied> probe = node.kit().createTestProbe();
    partition.tell(new IndexPartitionActor.Drain(probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20)).batches();
  }

  private byte[] checkpoint(ActorRef<IndexPartitionActor.Command> partition) {
    TestProbe<IndexPartitionActor.Applied> probe = node.kit().createTestProbe();
    partition.tell(new IndexPartitionActor.WriteCheckpoint(probe.ref()));
    probe.receiveMessage(Duration.ofSeconds(20));
    return WrittenCheckpoint.state(folder);
  }

  private Path file() {
    return folder.resolve("index-0.checkpoint");
  }

  private static Said said(ItemEvent event) {
    return new Said(
        ItemIds.stream(event.itemId()),
        "item|default|" + event.itemId(),
        event.itemSeq(),
        ItemCodec.toBytes(event));
  }

  private static Said said(EvidenceBatch batch) {
    return new Said(
        "evidence-" + batch.stream(),
        "evidence|" + batch.stream(),
        batch.number(),
        EvidenceCodec.toBytes(new EvidenceFolded(batch, Cursor.START, NOW)));
  }

  private void append(Said said) {
    events.append(said.stream(), said.persistenceId(), said.sequence(), said.payload());
  }

  private static ItemEvent put(int item, long seq, long stock) {
    return new ItemEvent.ItemPut(seq, item, NOW, NOW, TestNode.item("i" + item, stock));
  }

  /** Streams in their own order each: items put, changed, retired; evidence about them. */
  private static List<List<Said>> history(long seed) {
    Random random = new Random(seed);
    List<List<Said>> streams = new ArrayList<>();
    for (int item = 0; item < ITEMS; item++) {
      List<Said> one = new ArrayList<>();
      one.add(said(put(item, 1, -1)));
      if (item % 5 == 0) {
        one.add(said(put(item, 2, item % 2)));
      }
      if (item % 7 == 0) {
        one.add(said(new ItemEvent.ItemRetired("i" + item, 3, item, NOW, NOW, "gone")));
      }
      streams.add(one);
    }
    for (int stream = 0; stream < 16; stream++) {
      List<Said> one = new ArrayList<>();
      long asOf = 0;
      for (int number = 1; number <= 8; number++) {
        List<EvidenceBatch.ItemDelta> items = new ArrayList<>();
        List<EvidenceBatch.PairDelta> pairs = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          long at = NOW - random.nextLong(60L * 86_400_000);
          asOf = Math.max(asOf, at);
          items.add(new EvidenceBatch.ItemDelta(hash(random), at / 300_000, 1, 1, 256, 0));
          pairs.add(
              new EvidenceBatch.PairDelta(
                  hash(random), hash(random), (int) (at / 86_400_000), 819, i % 2 * 819));
        }
        one.add(said(new EvidenceBatch(stream, number, asOf, items, pairs, List.of())));
      }
      streams.add(one);
    }
    return streams;
  }

  /** The first half of each stream. */
  private static List<List<Said>> earlier(List<List<Said>> history) {
    return history.stream().map(stream -> stream.subList(0, stream.size() / 2)).toList();
  }

  private static List<List<Said>> later(List<List<Said>> history) {
    return history.stream()
        .map(stream -> stream.subList(stream.size() / 2, stream.size()))
        .toList();
  }

  private static long hash(Random random) {
    return ItemIds.hash("i" + random.nextInt(ITEMS + 5));
  }

  /** Any order that keeps each stream's own. */
  private void appendInterleaved(List<List<Said>> streams, long seed) {
    List<Integer> turns = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      turns.addAll(Collections.nCopies(streams.get(i).size(), i));
    }
    Collections.shuffle(turns, new Random(seed));
    int[] next = new int[streams.size()];
    turns.forEach(i -> append(streams.get(i).get(next[i]++)));
  }

  @Test
  void a_deleted_checkpoint_is_rebuilt_from_the_journal_bit_for_bit() throws IOException {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> first = partition();
    drain(first);
    byte[] before = checkpoint(first);
    node.kit().stop(first);

    Files.delete(file());
    ActorRef<IndexPartitionActor.Command> second = partition();
    drain(second);

    assertArrayEquals(before, checkpoint(second));
  }

  @Test
  void copies_fed_in_different_orders_and_steps_are_equal() throws IOException {
    byte[] expected = null;
    for (int order = 0; order < 4; order++) {
      events = new InMemoryEventStream();
      Files.deleteIfExists(file());
      ActorRef<IndexPartitionActor.Command> partition = partition();
      appendInterleaved(history(1), order);
      long[] batches = drain(partition);
      byte[] state = checkpoint(partition);
      node.kit().stop(partition);

      assertEquals(16 * 8, java.util.Arrays.stream(batches).sum());
      if (expected == null) {
        expected = state;
      }
      assertArrayEquals(expected, state);
    }
  }

  @Test
  void it_continues_from_its_checkpoint_with_what_came_since() {
    List<List<Said>> history = history(1);
    appendInterleaved(earlier(history), 3);
    ActorRef<IndexPartitionActor.Command> first = partition();
    drain(first);
    checkpoint(first);
    node.kit().stop(first);
    appendInterleaved(later(history), 4);
    long appliedBefore = vitals.batches();

    ActorRef<IndexPartitionActor.Command> second = partition();
    drain(second);
    byte[] continued = checkpoint(second);
    node.kit().stop(second);

    assertEquals(16 * 4, vitals.batches() - appliedBefore);
    events = new InMemoryEventStream();
    appendInterleaved(history, 5);
    assertTrue(file().toFile().delete());
    ActorRef<IndexPartitionActor.Command> whole = partition();
    drain(whole);
    assertArrayEquals(checkpoint(whole), continued);
  }

  @Test
  void a_clean_stop_leaves_a_checkpoint_so_that_nothing_is_read_again() {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> first = partition();
    drain(first);
    node.kit().stop(first);
    long appliedBefore = vitals.batches();

    ActorRef<IndexPartitionActor.Command> second = partition();
    drain(second);

    assertEquals(appliedBefore, vitals.batches());
    assertTrue(file().toFile().length() > 0);
  }

  @Test
  void a_checkpoint_is_written_when_enough_has_changed_whatever_the_time() {
    for (int item = 0; item < 20; item++) { // before the start: not counted
      append(said(put(item, 1, -1)));
    }
    ActorRef<IndexPartitionActor.Command> partition =
        partition(
            ConfigFactory.parseString("millrace.retrieval.checkpoint-after = 10")
                .withFallback(node.settings()));
    drain(partition);
    for (int item = 20; item < 29; item++) {
      append(said(put(item, 1, -1)));
    }
    drain(partition);
    drain(partition);
    assertFalse(file().toFile().exists());

    append(said(put(29, 1, -1)));

    node.kit()
        .createTestProbe()
        .awaitAssert(() -> {
          assertTrue(new CheckpointFile(folder, 0).read(0).isPresent());
          return null;
        });
  }

  @Test
  void a_damaged_or_foreign_checkpoint_is_not_used() throws IOException {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> first = partition();
    drain(first);
    byte[] before = checkpoint(first);
    node.kit().stop(first);
    byte[] good = Files.readAllBytes(file());

    for (int at : new int[] {0, 9, 20, good.length / 2, good.length - 1}) {
      byte[] bad = good.clone();
      bad[at] ^= 0x40;
      Files.write(file(), bad);
      assertTrue(new CheckpointFile(folder, 0).read(0).isEmpty());
    }
    Files.write(file(), java.util.Arrays.copyOf(good, good.length - 7));
    ActorRef<IndexPartitionActor.Command> second = partition();
    drain(second);
    assertArrayEquals(before, checkpoint(second));
    node.kit().stop(second);

    events = new InMemoryEventStream();
    append(said(put(1, 1, -1)));
    drain(partition());
    assertEquals(1, vitals.items());
  }

  /** Checkpoints of all streams but the first, as of a batch that many are deleted up to. */
  private void checkpointEvidence(long number) {
    for (int stream = 1; stream < 16; stream++) {
      SummedBatches summed = new SummedBatches(stream, 0, 0);
      Cursor place = Cursor.START;
      for (StoredEvent event : events.tail("evidence-" + stream, place, (int) number).events()) {
        summed.add(EvidenceCodec.batch(event.payload()));
        place = event.cursor();
      }
      assertEquals(number, summed.number());
      for (int part = 0; part < EvidencePart.PARTS; part++) {
        EvidencePart sums =
            new EvidencePart(stream, number, summed.asOfMs(), part, summed.take(part));
        events.append(
            "checkpoint-" + stream,
            "evidence-checkpoint|" + stream,
            part + 1,
            EvidenceCodec.toBytes(new EvidencePartWritten(sums, place, List.of(), NOW)));
      }
      events.remove("evidence|" + stream, 1, number);
    }
  }

  @Test
  void an_index_without_a_checkpoint_of_its_own_begins_with_the_journals() throws IOException {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> whole = partition();
    drain(whole);
    byte[] expected = checkpoint(whole);
    node.kit().stop(whole);
    Files.delete(file());
    long appliedBefore = vitals.batches();

    checkpointEvidence(6);
    ActorRef<IndexPartitionActor.Command> begun = partition();
    drain(begun);

    assertArrayEquals(expected, checkpoint(begun));
    assertEquals(15 * 2 + 8, vitals.batches() - appliedBefore);
  }

  @Test
  void one_that_was_away_while_batches_were_deleted_begins_with_the_journals() throws IOException {
    List<List<Said>> history = history(1);
    appendInterleaved(earlier(history), 2);
    ActorRef<IndexPartitionActor.Command> away = partition();
    drain(away);
    checkpoint(away);
    node.kit().stop(away);
    byte[] own = Files.readAllBytes(file());
    appendInterleaved(later(history), 3);
    ActorRef<IndexPartitionActor.Command> stayed = partition();
    drain(stayed);
    byte[] expected = checkpoint(stayed);
    node.kit().stop(stayed);

    checkpointEvidence(6);
    Files.write(file(), own);
    ActorRef<IndexPartitionActor.Command> back = partition();
    drain(back);

    assertArrayEquals(expected, checkpoint(back));
  }

  @Test
  void it_is_found_only_when_it_has_caught_up_and_answers_questions() {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> partition = partition();
    drain(partition);

    TestProbe<Receptionist.Listing> listings = node.kit().createTestProbe();
    node.kit()
        .system()
        .receptionist()
        .tell(Receptionist.subscribe(IndexSearchActor.SERVICE, listings.ref()));
    ActorRef<IndexSearchActor.Command> search = null;
    while (search == null) {
      search =
          listings
              .expectMessageClass(Receptionist.Listing.class)
              .getServiceInstances(IndexSearchActor.SERVICE)
              .stream()
              .findFirst()
              .orElse(null);
    }
    TestProbe<IndexSearchActor.Reply> replies = node.kit().createTestProbe();
    search.tell(new IndexSearchActor.Dress(new int[] {1, 7, 10_000}, replies.ref()));

    IndexSearchActor.Dressed dressed = replies.expectMessageClass(IndexSearchActor.Dressed.class);
    assertEquals(TestNode.item("i1"), dressed.facts().get(0));
    assertEquals(null, dressed.facts().get(1));
    assertEquals(null, dressed.facts().get(2));
    assertTrue(vitals.caughtUp());
    assertEquals(0, vitals.lagMs());
  }

  @Test
  void choices_are_offered_as_of_before_their_batch() {
    appendAChoice();

    drain(partition());

    ChoiceSink.Chosen one = chosen.remove();
    assertTrue(chosen.isEmpty());
    assertEquals(1, one.ordinal());
    assertEquals(2, one.number());
    assertEquals(1, one.candidates().evidence()[0]);
  }

  @Test
  void an_example_that_fails_is_passed_and_costs_no_copy() {
    appendAChoice();
    searchesFail = true;

    assertEquals(2, drain(partition())[0]);

    assertTrue(chosen.isEmpty());
    assertEquals(1, indexesMade.get());
  }

  /** Of the second of two items, in the second of two batches. */
  private void appendAChoice() {
    append(said(put(0, 1, -1)));
    append(said(put(1, 1, -1)));
    long bucket = NOW / 300_000;
    long chosenHash = ItemIds.hash("i1");
    append(
        said(
            new EvidenceBatch(
                0,
                1,
                NOW,
                List.of(new EvidenceBatch.ItemDelta(ItemIds.hash("i0"), bucket, 0, 0, 256, 0)),
                List.of(),
                List.of())));
    append(
        said(
            new EvidenceBatch(
                0,
                2,
                NOW,
                List.of(new EvidenceBatch.ItemDelta(chosenHash, bucket, 0, 0, 256, 0)),
                List.of(),
                List.of(
                    new EvidenceBatch.Choice(
                        chosenHash, NOW, new int[0], new long[0], 0, Long.MIN_VALUE)))));
  }

  @Test
  void an_item_event_that_cannot_be_read_is_passed() {
    append(said(put(0, 1, -1)));
    events.append(ItemIds.stream("i0"), "item|default|i0", 2, new byte[] {1, 2, 3});

    drain(partition());

    assertEquals(1, vitals.poisoned());
    assertEquals(1, vitals.items());
    assertEquals(1, indexesMade.get());
  }

  private String prepare(ActorRef<IndexPartitionActor.Command> partition, int number) {
    TestProbe<IndexPartitionActor.GenerationPrepared> probe = node.kit().createTestProbe();
    partition.tell(new IndexPartitionActor.PrepareGeneration(number, probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20)).failure();
  }

  @Test
  void who_asked_for_a_generation_is_answered_when_the_writer_fails_before_it_is_there() {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> partition = partition();
    drain(partition);
    failsOnce.set("adopt");
    TestProbe<IndexPartitionActor.GenerationPrepared> probe = node.kit().createTestProbe();
    shelf.held.set(true);
    partition.tell(new IndexPartitionActor.PrepareGeneration(1, probe.ref()));
    partition.tell(new IndexPartitionActor.PrepareGeneration(1, probe.ref()));
    shelf.held.set(false);

    assertEquals(
        "the index's writer failed or was stopped meanwhile",
        probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals(
        "the index's writer failed or was stopped meanwhile",
        probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals("", prepare(partition, 1));
    assertEquals(2, indexesMade.get());
  }

  @Test
  void a_generation_that_is_asked_for_waits_until_the_one_before_it_is_there() {
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> partition = partition();
    drain(partition);
    TestProbe<IndexPartitionActor.GenerationPrepared> probe = node.kit().createTestProbe();
    shelf.held.set(true);
    for (int number : new int[] {1, 2, 1, 1}) {
      partition.tell(new IndexPartitionActor.PrepareGeneration(number, probe.ref()));
    }
    shelf.held.set(false);

    assertEquals("", probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals(
        "generation 2, expected 1", probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals("", probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals("", probe.receiveMessage(Duration.ofSeconds(20)).failure());
    assertEquals(1, shelf.preparations.get());
  }

  @Test
  void the_generation_that_feeds_use_is_made_again_after_a_fault() {
    shelf.adopts = true;
    appendInterleaved(history(1), 2);
    ActorRef<IndexPartitionActor.Command> partition = partition();
    drain(partition);
    assertEquals("", prepare(partition, 1));
    TasteSpace before = shelf.now();

    failsOnce.set("put");
    append(said(put(3, 9, -1)));

    TestProbe<Object> probe = node.kit().createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(20),
        () -> {
          assertNotSame(before, shelf.now());
          return null;
        });
    assertEquals(2, indexesMade.get());
    assertEquals(2, shelf.preparations.get());
    assertNotNull(index().vectors(1));
  }
}
