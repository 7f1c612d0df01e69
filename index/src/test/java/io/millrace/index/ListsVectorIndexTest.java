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
      // 4 roots of the 2,000 that there were the second time; a band rounds its share.
      assertEquals(2_000 / 16, index.lists(), 6);
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
