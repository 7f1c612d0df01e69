package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ListsVectorIndexTest extends VectorIndexContract {

  private static final ListsVectorIndex.Settings SETTINGS =
      ListsVectorIndex.Settings.USUAL.withFrom(1_000);

  @Override
  VectorIndex newIndex() {
    return ListsVectorIndex.inMemory(SETTINGS, Runnable::run);
  }

  @Override
  double recall() {
    return .95;
  }

  @Test
  void lists_are_trained_when_there_are_enough_vectors() {
    float[][] vectors = vectors(21, 2_500);
    try (ListsVectorIndex index = ListsVectorIndex.inMemory(SETTINGS, Runnable::run)) {
      filled(index, java.util.Arrays.copyOf(vectors, 999));
      assertEquals(0, index.lists());
      filled(index, vectors);
      // At most one for 32 of the 2,000 that there were the second time.
      assertTrue(index.lists() > 15 && index.lists() <= 63, index.lists() + " lists");
    }
  }

  @Test
  void the_same_vectors_are_found_in_the_same_order_by_two_indexes() {
    float[][] vectors = vectors(22, 3_000);
    try (VectorIndex one = filled(newIndex(), vectors);
        VectorIndex other = filled(newIndex(), vectors)) {
      one.fold();
      other.fold();
      Random random = new Random(1);
      for (int n = 0; n < 20; n++) {
        float[] query = query(random);
        assertArrayEquals(
            one.search(query, 50, VectorIndex.Budget.ENOUGH, null).ordinals(),
            other.search(query, 50, VectorIndex.Budget.ENOUGH, null).ordinals());
      }
    }
  }

  @Test
  void the_few_vectors_of_large_norm_are_found_though_most_are_small() {
    Random random = new Random(31);
    float[][] centres = new float[200][32];
    for (float[] centre : centres) {
      for (int d = 0; d < centre.length; d++) {
        centre[d] = (float) random.nextGaussian();
      }
    }
    float[][] vectors = new float[20_200][32];
    for (float[] vector : vectors) {
      float[] centre = centres[random.nextInt(centres.length)];
      double norm = Math.exp(.6 * random.nextGaussian());
      for (int d = 0; d < vector.length; d++) {
        vector[d] = (float) (norm * (centre[d] + .5 * random.nextGaussian()));
      }
    }
    float[][] queries = java.util.Arrays.copyOfRange(vectors, 20_000, vectors.length);
    int hits = 0;
    try (VectorIndex lists = newIndex();
        VectorIndex exact = new ScannedVectors()) {
      for (int i = 0; i < 20_000; i++) {
        lists.put(i, vectors[i]);
        exact.put(i, vectors[i]);
      }
      lists.fold();
      for (float[] query : queries) {
        java.util.Set<Integer> best = new java.util.HashSet<>();
        for (int one : exact.search(query, 20, VectorIndex.Budget.ENOUGH, null).ordinals()) {
          best.add(one);
        }
        for (int one : lists.search(query, 20, VectorIndex.Budget.ENOUGH, null).ordinals()) {
          hits += best.contains(one) ? 1 : 0;
        }
      }
    }
    double share = hits / (20.0 * queries.length);
    assertTrue(share >= recall(), "recall " + share);
  }

  @Test
  void what_is_written_during_a_training_is_in_the_lists_that_it_makes()
      throws InterruptedException {
    float[][] vectors = vectors(23, MANY);
    Map<Integer, float[]> now = map(vectors);
    try (VectorIndex index = filled(newIndex(), vectors)) {
      Random random = new Random(4);
      Thread training = Thread.ofPlatform().start(index::fold);
      do {
        int ordinal = 3 * random.nextInt(MANY);
        float[] vector = vectors[random.nextInt(MANY)].clone();
        vector[0] *= 1.5f;
        index.put(ordinal, vector);
        now.put(ordinal, vector);
        int gone = 3 * random.nextInt(MANY);
        index.remove(gone);
        now.remove(gone);
      } while (training.isAlive());
      training.join();

      double share = share(index, now, null);

      assertEquals(now.size(), index.size());
      assertTrue(share >= recall(), "recall " + share);
    }
  }
}
