package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProductsTest {
  private static final int MANY = 700;
  private final Random random = new Random(5);
  private final float[][] vectors = VectorIndexContract.vectors(5, MANY);
  private final ScannedVectors index = new ScannedVectors();
  private final Products products = new Products();
  private final float[] one = VectorIndexContract.query(random);
  private final float[] other = VectorIndexContract.query(random);

  /** NaN where the item is not known. */
  private float of(int query, int ordinal) {
    int slot = products.slot(ordinal);
    return slot < 0 ? Float.NaN : products.of(query, slot);
  }

  private static int[] ordinals(BestItems best) {
    return Arrays.stream(best.sorted()).mapToInt(BestItems::ordinal).toArray();
  }

  private static BestItems best(int k) {
    BestItems best = new BestItems();
    best.begin(k);
    return best;
  }

  private void compare(float[]... queries) {
    products.compare(index, ordinal -> true, new BestItems[0], queries);
  }

  @Test
  void each_query_finds_what_its_own_search_finds() {
    VectorIndexContract.filled(index, vectors);

    VectorIndex.Allowed even = ordinal -> ordinal % 2 == 0;
    for (int k : new int[] {1, 10, 100, MANY}) {
      BestItems ofOne = best(k);
      BestItems ofOther = best(k);

      products.compare(index, even, new BestItems[] {ofOne, ofOther}, one, other, one);

      assertArrayEquals(
          index.search(one, k, VectorIndex.Budget.ENOUGH, even).ordinals(), ordinals(ofOne));
      assertArrayEquals(
          index.search(other, k, VectorIndex.Budget.ENOUGH, even).ordinals(), ordinals(ofOther));
    }
  }

  @Test
  void every_item_has_its_product_and_its_square() {
    VectorIndexContract.filled(index, vectors);

    compare(one, other);

    for (int n = 0; n < MANY; n++) {
      assertEquals(InnerProduct.of(vectors[n], one), of(0, 3 * n), 1e-4);
      assertEquals(InnerProduct.of(vectors[n], other), of(1, 3 * n), 1e-4);
      assertEquals(
          InnerProduct.of(vectors[n], vectors[n]), products.square(products.slot(3 * n)), 1e-4);
    }
    assertTrue(Float.isNaN(of(0, 1)), "an item without a vector");
    assertTrue(Float.isNaN(of(0, 3 * MANY)), "an item that nobody knows");
  }

  @Test
  void what_moves_or_leaves_meanwhile_is_not_known() {
    VectorIndexContract.filled(index, vectors);
    compare(one);

    // Moved so often that the writer goes on in other arrays.
    for (int round = 0; round < 4; round++) {
      for (int n = 0; n < MANY; n += 2) {
        float[] moved = vectors[n].clone();
        moved[0] += round + 1;
        index.put(3 * n, moved);
      }
    }
    index.remove(3);

    for (int n = 1; n < MANY; n++) {
      float known = of(0, 3 * n);
      if (!Float.isNaN(known)) {
        assertEquals(InnerProduct.of(vectors[n], one), known, 1e-4);
      }
    }
    compare(one);
    assertTrue(Float.isNaN(of(0, 3)));
    float[] moved = vectors[2].clone();
    moved[0] += 4;
    assertEquals(InnerProduct.of(moved, one), of(0, 6), 1e-4);
    assertEquals(InnerProduct.of(moved, moved), products.square(products.slot(6)), 1e-3);
  }

  @Test
  void what_was_found_stays_as_it_was_while_the_writer_goes_on() {
    VectorIndexContract.filled(index, vectors);
    compare(one, other);
    int slot = products.slot(6);

    float[] moved = vectors[2].clone();
    moved[0] += 4;
    index.put(6, moved);

    assertEquals(InnerProduct.of(vectors[2], one), products.of(0, slot), 1e-4);
    assertEquals(InnerProduct.of(vectors[2], other), products.of(1, slot), 1e-4);
    assertEquals(InnerProduct.of(vectors[2], vectors[2]), products.square(slot), 1e-4);
    assertEquals(-1, products.slot(6));
  }

  @Test
  void nothing_is_known_before_the_first_comparison_and_after_forgetting() {
    VectorIndexContract.filled(index, vectors);

    assertEquals(0, products.count());
    compare(one);
    assertEquals(1, products.count());
    products.forget();

    assertEquals(0, products.count());
    assertTrue(Float.isNaN(of(0, 3)));
  }

  @Test
  void a_query_of_another_length_is_refused() {
    VectorIndexContract.filled(index, vectors);

    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> compare(one, new float[7]));
    assertEquals(
        "query vector has 7 values, expected " + VectorIndexContract.LENGTH, refused.getMessage());
  }
}
