package io.millrace.index;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A made-up history, the same for the same seed: puts of items and batches of evidence in an order
 * that could have happened. Item n has ordinal 3 n + 1 (ordinals have holes) and id "item-n".
 */
final class Workload {

  static final long DAY_MS = 86_400_000L;

  sealed interface Step {}

  record Put(int ordinal, ItemFacts facts) implements Step {}

  record Retire(int ordinal) implements Step {}

  record Batch(EvidenceBatch batch) implements Step {}

  final List<Step> steps = new ArrayList<>();
  final long endMs;

  /**
   * @param spanMs the events lie between {@code startMs} and {@code startMs + spanMs}
   * @param late share of items that are put after evidence of them came
   */
  Workload(long seed, int items, int batches, long startMs, long spanMs, double late) {
    Random random = new Random(seed);
    List<Step> afterwards = new ArrayList<>();
    for (int n = 0; n < items; n++) {
      Put put =
          new Put(ordinal(n), facts(random, n, startMs + (long) (random.nextDouble() * spanMs)));
      if (random.nextDouble() < late) {
        afterwards.add(put);
      } else {
        steps.add(put);
      }
    }
    Map<Integer, Long> numbers = new HashMap<>();
    Map<Integer, Long> asOf = new HashMap<>();
    for (int b = 0; b < batches; b++) {
      int stream = random.nextInt(16);
      long at = startMs + (long) (spanMs * (b + random.nextDouble()) / batches);
      long number = numbers.merge(stream, 1L, Long::sum);
      long newest = asOf.merge(stream, at, Math::max);
      List<EvidenceBatch.ItemDelta> deltas = new ArrayList<>();
      List<EvidenceBatch.PairDelta> pairs = new ArrayList<>();
      int touched = 1 + random.nextInt(3);
      for (int i = 0; i < touched; i++) {
        int n = popular(random, items);
        // Some of it late, by up to four days.
        long when = random.nextInt(5) == 0 ? at - random.nextLong(4 * DAY_MS) : at;
        deltas.add(
            new EvidenceBatch.ItemDelta(
                hash(n),
                Math.floorDiv(when, 300_000L),
                random.nextInt(4),
                random.nextInt(2),
                random.nextInt(4) * 128,
                random.nextInt(2)));
        for (int p = 0; p < 4; p++) {
          int weight = 1 + random.nextInt(1_024);
          pairs.add(
              new EvidenceBatch.PairDelta(
                  hash(popular(random, items)),
                  hash(n),
                  (int) Math.floorDiv(when, DAY_MS),
                  weight,
                  random.nextBoolean() ? weight : 0));
        }
      }
      steps.add(new Batch(new EvidenceBatch(stream, number, newest, deltas, pairs, List.of())));
      if (random.nextInt(40) == 0) {
        int n = random.nextInt(items);
        steps.add(new Put(ordinal(n), facts(random, n, at)));
      }
      if (random.nextInt(60) == 0) {
        steps.add(new Retire(ordinal(random.nextInt(items))));
      }
    }
    steps.addAll(afterwards);
    endMs = startMs + spanMs;
  }

  private static int popular(Random random, int items) {
    double u = random.nextDouble();
    return (int) (items * u * u * u);
  }

  static int ordinal(int n) {
    return 3 * n + 1;
  }

  static long hash(int n) {
    return ItemHash.of("item-" + n);
  }

  static ItemFacts facts(Random random, int n, long createdAtMs) {
    List<String> categories = new ArrayList<>();
    for (int c = random.nextInt(3); c >= 0; c--) {
      String category = "category-" + random.nextInt(7);
      if (!categories.contains(category)) {
        categories.add(category);
      }
    }
    return new ItemFacts(
        "item-" + n,
        "Title " + n,
        categories,
        List.of("tag-" + random.nextInt(9)),
        random.nextInt(10) == 0 ? "" : "creator-" + random.nextInt(11),
        createdAtMs,
        random.nextBoolean() ? "en" : "de",
        random.nextInt(3) == 0 ? Double.NaN : random.nextInt(100),
        random.nextInt(20) == 0 ? 0 : random.nextInt(2) == 0 ? -1 : 5,
        random.nextInt(4) * 6,
        random.nextInt(20) == 0
            ? ItemFacts.Safety.UNSAFE
            : random.nextInt(8) == 0 ? ItemFacts.Safety.SENSITIVE : ItemFacts.Safety.SAFE,
        "",
        random.nextInt(5) * 60_000L,
        random.nextBoolean() ? Map.of("release_year", "" + (1950 + random.nextInt(70))) : Map.of(),
        List.of(),
        random.nextInt(4) == 0 ? ItemFacts.Vector.NONE : vector(random, 24));
  }

  static ItemFacts.Vector vector(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new ItemFacts.Vector(values);
  }

  static void play(List<Step> steps, ItemIndex index) {
    for (Step step : steps) {
      switch (step) {
        case Put(int ordinal, ItemFacts facts) -> index.put(ordinal, facts);
        case Retire(int ordinal) -> index.retire(ordinal);
        case Batch(EvidenceBatch batch) -> index.apply(batch);
      }
    }
  }

  /** Another order that keeps each item's puts and each stream's batches in theirs. */
  List<Step> shuffled(long seed) {
    return shuffled(steps, seed);
  }

  static List<Step> shuffled(List<Step> steps, long seed) {
    Random random = new Random(seed);
    Map<String, List<Step>> queues = new HashMap<>();
    for (Step step : steps) {
      String queue =
          switch (step) {
            case Put(int ordinal, ItemFacts _) -> "item " + ordinal;
            case Retire(int ordinal) -> "item " + ordinal;
            case Batch(EvidenceBatch batch) -> "stream " + batch.stream();
          };
      queues.computeIfAbsent(queue, _ -> new ArrayList<>()).add(step);
    }
    List<List<Step>> left = new ArrayList<>(queues.values());
    left.sort((a, b) -> a.getFirst().toString().compareTo(b.getFirst().toString()));
    List<Step> order = new ArrayList<>();
    while (!left.isEmpty()) {
      int pick = random.nextInt(left.size());
      List<Step> queue = left.get(pick);
      // Runs of random length, so that streams drift far apart.
      int run = 1 + random.nextInt(8);
      while (run-- > 0 && !queue.isEmpty()) {
        order.add(queue.removeFirst());
      }
      if (queue.isEmpty()) {
        left.remove(pick);
      }
    }
    return order;
  }
}
