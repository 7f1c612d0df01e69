package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What every {@link VectorIndex} does, whatever it is made of. */
abstract class VectorIndexContract {

  static final int LENGTH = 24;
  static final int MANY = 6_000;

  abstract VectorIndex newIndex();

  /** Share of the true best 100 that must be found. */
  abstract double recall();

  /** Clustered, with norms that differ a hundredfold, as popularity makes them. */
  static float[][] vectors(long seed, int count) {
    Random random = new Random(seed);
    float[][] centres = new float[60][LENGTH];
    for (float[] centre : centres) {
      for (int i = 0; i < LENGTH; i++) {
        centre[i] = (float) random.nextGaussian();
      }
    }
    float[][] vectors = new float[count][LENGTH];
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(centres.length)];
      double norm = Math.exp(random.nextGaussian() - 2);
      for (int i = 0; i < LENGTH; i++) {
        vector[i] = (float) (norm * (centre[i] + .7 * random.nextGaussian()));
      }
    }
    return vectors;
  }

  static float[] query(Random random) {
    float[] query = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      query[i] = (float) random.nextGaussian();
    }
    return query;
  }

  static VectorIndex filled(VectorIndex index, float[][] vectors) {
    for (int i = 0; i < vectors.length; i++) {
      index.put(3 * i, vectors[i]);
    }
    return index;
  }

  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  /** Ordinals of the true best. */
  static List<Integer> best(Map<Integer, float[]> vectors, float[] query, int k) {
    List<Integer> all = new ArrayList<>(vectors.keySet());
    all.sort((a, b) -> Double.compare(dot(vectors.get(b), query), dot(vectors.get(a), query)));
    return all.subList(0, Math.min(k, all.size()));
  }

  static Map<Integer, float[]> map(float[][] vectors) {
    Map<Integer, float[]> map = new TreeMap<>();
    for (int i = 0; i < vectors.length; i++) {
      map.put(3 * i, vectors[i]);
    }
    return map;
  }

  double share(
      VectorIndex index,
      Map<Integer, float[]> truth,
      VectorIndex.@org.jspecify.annotations.Nullable Allowed allowed) {
    Random random = new Random(99);
    int found = 0;
    int asked = 0;
    for (int n = 0; n < 40; n++) {
      float[] query = query(random);
      List<Integer> best = best(truth, query, 100);
      VectorIndex.Hits hits = index.search(query, 100, VectorIndex.Budget.ENOUGH, allowed);
      assertTrue(hits.complete());
      assertEquals(best.size(), hits.ordinals().length);
      Set<Integer> wanted = new HashSet<>(best);
      Set<Integer> once = new HashSet<>();
      for (int i = 0; i < hits.ordinals().length; i++) {
        int ordinal = hits.ordinals()[i];
        assertTrue(once.add(ordinal), "ordinal " + ordinal + " came twice");
        float[] vector = truth.get(ordinal);
        assertNotNull(vector, "ordinal " + ordinal + " is not there");
        double score = dot(vector, query);
        assertEquals(score, hits.scores()[i], 1e-4 * (1 + Math.abs(score)));
        assertTrue(i == 0 || hits.scores()[i] <= hits.scores()[i - 1]);
        found += wanted.contains(ordinal) ? 1 : 0;
      }
      asked += best.size();
    }
    return (double) found / asked;
  }

  @Test
  void nearly_all_of_the_true_best_are_found_with_their_exact_scores() {
    float[][] vectors = vectors(1, MANY);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      index.fold();

      double share = share(index, map(vectors), null);

      assertTrue(share >= recall(), "recall " + share);
      assertEquals(MANY, index.size());
      assertEquals(LENGTH, index.length());
    }
  }

  @Test
  void a_removed_vector_never_comes_back() {
    float[][] vectors = vectors(2, MANY);
    Map<Integer, float[]> left = map(vectors);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      index.fold();
      for (int i = 0; i < MANY; i += 3) {
        index.remove(3 * i);
        left.remove(3 * i);
      }
      index.remove(1);

      double before = share(index, left, null);
      index.fold();
      double after = share(index, left, null);

      assertTrue(before >= recall(), "recall " + before);
      assertTrue(after >= recall(), "recall after a fold " + after);
      assertEquals(left.size(), index.size());
      assertNull(index.vector(0));
    }
  }

  @Test
  void what_moves_or_is_new_is_found_at_once_where_it_is_now() {
    float[][] vectors = vectors(3, MANY);
    Map<Integer, float[]> now = map(vectors);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      index.fold();
      Random random = new Random(5);
      for (int n = 0; n < 300; n++) {
        // A third hardly moves, a third moves, a third is new.
        int ordinal = n % 3 == 2 ? 3 * n + 1 : 3 * random.nextInt(MANY);
        float[] vector = n % 3 == 0 ? now.get(ordinal).clone() : query(random);
        vector[n % LENGTH] *= 1.01f;
        index.put(ordinal, vector);
        now.put(ordinal, vector);

        VectorIndex.Hits hits = index.search(vector, 3_000, VectorIndex.Budget.ENOUGH, null);
        int at = 0;
        while (hits.ordinals()[at] != ordinal) {
          at++;
        }
        assertEquals(dot(vector, vector), hits.scores()[at], 1e-3);
        assertArrayEquals(vector, index.vector(ordinal));
      }
      assertTrue(share(index, now, null) >= recall());
      index.fold();
      assertTrue(share(index, now, null) >= recall());
    }
  }

  @Test
  void a_filter_of_any_share_is_kept_to() {
    float[][] vectors = vectors(4, MANY);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      index.fold();
      index.put(1, vectors[0]);
      for (int percent : new int[] {90, 50, 10, 1}) {
        Map<Integer, float[]> truth = map(vectors);
        truth.put(1, vectors[0]);
        truth.keySet().removeIf(ordinal -> ordinal % 100 >= percent);

        int expected = truth.size();
        double unknown = share(index, truth, ordinal -> ordinal % 100 < percent);
        double known =
            share(
                index,
                truth,
                VectorIndex.Allowed.where(ordinal -> ordinal % 100 < percent, expected));
        double listed =
            share(
                index,
                truth,
                VectorIndex.Allowed.only(
                    truth.keySet().stream().mapToInt(Integer::intValue).toArray()));

        assertTrue(unknown >= recall(), percent + " %: " + unknown);
        assertTrue(known >= recall(), percent + " % known: " + known);
        assertTrue(listed >= recall(), percent + " % listed: " + listed);
      }
    }
  }

  @Test
  void a_spent_budget_gives_what_was_found_and_says_so() {
    float[][] vectors = vectors(6, MANY);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      index.fold();

      VectorIndex.Hits some =
          index.search(vectors[7], 50, new VectorIndex.Budget(0, 200, Long.MAX_VALUE), null);
      VectorIndex.Hits late =
          index.search(vectors[7], 50, new VectorIndex.Budget(0, Integer.MAX_VALUE, 1), null);

      assertFalse(some.complete());
      assertTrue(some.ordinals().length > 0);
      assertTrue(some.visited() < 1_000, "visited " + some.visited());
      assertFalse(late.complete());
    }
  }

  @Test
  void what_is_not_wanted_any_more_is_dropped() {
    try (VectorIndex index = filled(newIndex(), vectors(7, 100))) {
      index.retain(ordinal -> ordinal < 30);

      assertEquals(10, index.size());
    }
  }

  @Test
  void bad_vectors_and_queries_are_refused_with_what_was_expected() {
    try (VectorIndex index = newIndex()) {
      assertEquals(
          0, index.search(new float[3], 5, VectorIndex.Budget.ENOUGH, null).ordinals().length);
      index.put(0, new float[LENGTH]);

      String length =
          assertThrows(IllegalArgumentException.class, () -> index.put(1, new float[3]))
              .getMessage();
      String infinite =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> {
                    float[] bad = new float[LENGTH];
                    bad[4] = Float.NaN;
                    index.put(1, bad);
                  })
              .getMessage();
      String query =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> index.search(new float[3], 5, VectorIndex.Budget.ENOUGH, null))
              .getMessage();

      assertEquals("vector of item 1 has 3 values, expected 24", length);
      assertEquals("vector of item 1 has NaN at place 4, expected a finite number", infinite);
      assertEquals("query vector has 3 values, expected 24", query);
    }
  }

  /**
   * Each vector holds one value in all places, which its writer draws anew: a torn one would show.
   * Item 0 moves all the time and must be in every answer, once.
   */
  @Test
  void readers_see_whole_vectors_and_every_item_once_while_a_writer_moves_them()
      throws InterruptedException {
    int items = 2_000;
    try (VectorIndex index = newIndex()) {
      Random random = new Random(8);
      for (int ordinal = 0; ordinal < items; ordinal++) {
        index.put(ordinal, flat(ordinal == 0 ? 50 : 1 + random.nextFloat()));
      }
      index.fold();
      AtomicBoolean done = new AtomicBoolean();
      AtomicReference<Throwable> trouble = new AtomicReference<>();
      List<Thread> readers = new ArrayList<>();
      for (int r = 0; r < 3; r++) {
        readers.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    float[] ones = flat(1);
                    while (!done.get()) {
                      VectorIndex.Hits hits =
                          index.search(ones, 20, VectorIndex.Budget.ENOUGH, null);
                      Set<Integer> once = new HashSet<>();
                      for (int i = 0; i < hits.ordinals().length; i++) {
                        assertTrue(once.add(hits.ordinals()[i]));
                      }
                      assertTrue(once.contains(0), "item 0 is missing");
                      float[] vector = index.vector(0);
                      assertNotNull(vector);
                      for (float value : vector) {
                        assertEquals(vector[0], value);
                      }
                      int at = 0;
                      while (hits.ordinals()[at] != 0) {
                        at++;
                      }
                      double each = hits.scores()[at] / LENGTH;
                      assertEquals(Math.rint(each), each, 1e-3);
                    }
                  } catch (Throwable e) {
                    trouble.compareAndSet(null, e);
                  }
                }));
      }
      for (int n = 0; n < 30_000 && trouble.get() == null; n++) {
        index.put(0, flat(50 + n % 7));
        index.put(1 + random.nextInt(items - 1), flat(1 + random.nextFloat()));
        if (n % 16 == 0) {
          index.remove(1 + random.nextInt(items - 1));
        }
        if (n % 10_000 == 5_000) {
          index.fold();
        }
      }
      done.set(true);
      for (Thread reader : readers) {
        reader.join();
      }
      if (trouble.get() != null) {
        throw new AssertionError(trouble.get());
      }
    }
  }

  static float[] flat(float value) {
    float[] vector = new float[LENGTH];
    java.util.Arrays.fill(vector, value);
    return vector;
  }
}
