package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The exact index keeps the contract, and some that are its own. */
class ExactItemIndexTest extends ItemIndexContract {

  @Override
  ItemIndex newIndex() {
    return new ExactItemIndex();
  }

  @Test
  void readers_see_whole_items_and_sane_shares_while_the_writer_writes() throws Exception {
    ExactItemIndex index = new ExactItemIndex();
    // Long enough that landmarks move several times while readers read.
    Workload work = new Workload(200, 150, 12_000, START_MS, 600 * DAY_MS, .2);
    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CountDownLatch reading = new CountDownLatch(2);
    Thread[] readers = new Thread[2];
    for (int r = 0; r < readers.length; r++) {
      Random random = new Random(r);
      readers[r] =
          new Thread(() -> {
            try {
              boolean first = true;
              while (!done.get()) {
                readOnce(index, work, random);
                if (first) {
                  reading.countDown();
                  first = false;
                }
              }
            } catch (Throwable t) {
              failure.set(t);
              reading.countDown();
            }
          });
      readers[r].start();
    }
    reading.await();

    Workload.play(work.steps, index);

    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertNull(failure.get(), () -> "reader failed: " + failure.get());
    ItemIndex alone = new ExactItemIndex();
    Workload.play(work.steps, alone);
    assertSame(alone, index, work.endMs);
  }

  private static void readOnce(ItemIndex index, Workload work, Random random) {
    RetrievalQuery query =
        query(work.endMs, history(random, 100, 10), filterCategory("category-2"), 50, 100);
    Candidates found = index.retrieve(query);
    for (int row = 0; row < found.size(); row++) {
      for (int c = 0; c < 6; c++) {
        float share = found.signals()[c][row];
        assertTrue(share >= 0 && share <= 1, "share " + share);
      }
      float alike = found.signals()[Signal.ALIKE.ordinal()][row];
      float alikeLast = found.signals()[Signal.ALIKE_LAST.ordinal()][row];
      assertTrue(alike >= 0 && alike <= 10, "alike " + alike);
      assertTrue(alikeLast >= 0 && alikeLast <= 1, "alike the last " + alikeLast);
    }
    ItemIndex.Nearest nearest =
        index.size() < 50
            ? new ItemIndex.Nearest(NOTHING, new float[0])
            : index.nearest(Workload.vector(random, 24).toArray(), 20, RetrievalQuery.Filter.NONE);
    for (int i = 0; i < nearest.ordinals().length; i++) {
      assertTrue(i == 0 || nearest.scores()[i] <= nearest.scores()[i - 1]);
      for (int j = 0; j < i; j++) {
        assertTrue(nearest.ordinals()[i] != nearest.ordinals()[j], "found twice");
      }
    }
    index.similar(Workload.ordinal(random.nextInt(100)), query);
    index.counts(Workload.ordinal(random.nextInt(100)));
  }

  @Test
  void lists_longer_than_they_promise_stay_the_head_of_a_full_sort() {
    ExactItemIndex index = new ExactItemIndex();
    Random random = new Random(210);
    int items = 4_000;
    for (int n = 0; n < items; n++) {
      index.put(n, plain("item-" + n, START_MS, "category-" + n % 3));
    }
    long[] positives = new long[items];
    for (int b = 1; b <= 3_000; b++) {
      int n = random.nextInt(items);
      // Counts go down too: that is how evidence is pruned.
      int change =
          positives[n] > 0 && random.nextInt(3) == 0
              ? (int) -positives[n]
              : 256 * random.nextInt(50);
      positives[n] += change;
      index.apply(
          new EvidenceBatch(
              0,
              b,
              START_MS,
              List.of(
                  new EvidenceBatch.ItemDelta(
                      Workload.hash(n), START_MS / 300_000, 0, 0, change, 0)),
              List.of(),
              List.of()));
    }

    Candidates found =
        index.retrieve(
            with(
                query(START_MS, NOTHING, RetrievalQuery.Filter.NONE, 1_000, 1_000),
                java.util.EnumSet.of(Source.POPULAR_7D)));

    List<Integer> expected =
        java.util.stream.IntStream.range(0, items)
            .boxed()
            .filter(n -> positives[n] > 0)
            .sorted((a, b) -> {
              int byCount = Long.compare(positives[b], positives[a]);
              return byCount != 0 ? byCount : Integer.compare(a, b);
            })
            .limit(1_000)
            .toList();
    assertEquals(expected, java.util.Arrays.stream(found.ordinals()).boxed().toList());
  }

  @Test
  void waiting_evidence_is_bounded_and_what_is_dropped_is_counted() {
    ExactItemIndex index = new ExactItemIndex();
    int number = 0;
    for (int from = 0; from < 70_000; from += 10_000) {
      List<EvidenceBatch.ItemDelta> deltas = new java.util.ArrayList<>();
      for (int n = from; n < from + 10_000; n++) {
        deltas.add(
            new EvidenceBatch.ItemDelta(Workload.hash(n), START_MS / 300_000 + n, 1, 0, 256, 0));
      }
      index.apply(new EvidenceBatch(0, ++number, START_MS, deltas, List.of(), List.of()));
    }

    assertEquals(WaitingEvidence.MAX_ITEMS / 8, index.dropped());
    index.put(0, plain("item-0", START_MS, "a"));
    index.put(1, plain("item-69999", START_MS, "a"));
    assertEquals(0, index.counts(0).impressions());
    assertEquals(1, index.counts(1).impressions());
  }

  @Test
  void no_batch_weighs_all_items_anew_however_landmarks_move() {
    ExactItemIndex index = new ExactItemIndex();
    Random random = new Random(220);
    int items = 4_000;
    for (int n = 0; n < items; n++) {
      index.put(n, plain("item-" + n, START_MS, "category-" + n % 7));
    }
    long stepMs = 6 * 3_600_000L;
    int batches = (int) (2 * 512 * DAY_MS / stepMs);
    long most = 0;

    for (int b = 1; b <= batches; b++) {
      long at = START_MS + b * stepMs;
      List<EvidenceBatch.ItemDelta> deltas = new java.util.ArrayList<>();
      for (int i = 0; i < 10; i++) {
        deltas.add(
            new EvidenceBatch.ItemDelta(
                Workload.hash(random.nextInt(items)), at / 300_000, 1, 1, 256, 0));
      }
      long before = index.weighings();
      index.apply(new EvidenceBatch(0, b, at, deltas, List.of(), List.of()));
      most = Math.max(most, index.weighings() - before);
    }

    // Two landmarks of the one-day half-life were passed. A block of 30 days is folded over the 30
    // days after it is due, so a quarter of a day has a hundredth of it.
    assertTrue(most < items / 20, "weighed " + most + " of " + items + " items in one batch");
    ItemIndex restored = new ExactItemIndex();
    restore(restored, checkpoint(index));
    assertSame(index, restored, START_MS + batches * stepMs);
  }

  @Test
  void of_a_long_posting_a_question_reads_the_strongest_whatever_the_order() {
    int read = Posting.READ;
    int items = 2 * read;
    List<Workload.Step> steps = new java.util.ArrayList<>();
    Random random = new Random(230);
    for (int n = 0; n < items; n++) {
      steps.add(new Workload.Put(Workload.ordinal(n), plain("item-" + n, START_MS, "a")));
    }
    long[] weights = new long[items];
    long[] numbers = new long[4];
    for (int b = 0; b < 6_000; b++) {
      int n = 1 + random.nextInt(items - 1);
      // Weights fall too: that is how evidence is pruned.
      int change =
          weights[n] > 0 && random.nextInt(6) == 0
              ? (int) -weights[n]
              : 1 + random.nextInt(4) * 100;
      weights[n] += change;
      int stream = n % 4;
      steps.add(
          new Workload.Batch(
              new EvidenceBatch(
                  stream,
                  ++numbers[stream],
                  START_MS,
                  List.of(),
                  List.of(
                      new EvidenceBatch.PairDelta(
                          Workload.hash(0),
                          Workload.hash(n),
                          (int) (START_MS / DAY_MS),
                          change,
                          0)),
                  List.of())));
    }
    ItemIndex index = new ExactItemIndex();
    ItemIndex other = new ExactItemIndex();

    Workload.play(steps, index);
    Workload.play(Workload.shuffled(steps, 7), other);

    RetrievalQuery query =
        with(
            query(
                START_MS,
                new int[] {Workload.ordinal(0)},
                RetrievalQuery.Filter.NONE,
                items,
                items),
            java.util.EnumSet.of(Source.CO_VISITED));
    int[] found = index.retrieve(query).ordinals();
    java.util.Set<Integer> expected =
        java.util.stream.IntStream.range(1, items)
            .boxed()
            .sorted((a, b) -> {
              int byWeight = Long.compare(weights[b], weights[a]);
              return byWeight != 0 ? byWeight : Integer.compare(a, b);
            })
            .limit(read)
            .map(Workload::ordinal)
            .collect(java.util.stream.Collectors.toSet());
    assertEquals(
        expected,
        java.util.Arrays.stream(found).boxed().collect(java.util.stream.Collectors.toSet()));
    assertSame(index, other, START_MS);

    ItemIndex half = new ExactItemIndex();
    Workload.play(steps.subList(0, 4_000), half);
    ItemIndex restored = new ExactItemIndex();
    restore(restored, checkpoint(half));
    assertSame(half, restored, START_MS);
    Workload.play(steps.subList(4_000, steps.size()), restored);
    assertSame(index, restored, START_MS);
  }
}
