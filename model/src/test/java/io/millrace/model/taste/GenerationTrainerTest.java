package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationTrainerTest {

  private static final int D = 16;
  private final Interactions data = Tastes.interactions(12_000, 1, false);

  @Test
  void a_user_of_one_taste_is_drawn_to_the_items_of_that_taste() throws InterruptedException {
    Generation generation =
        Tastes.trainer(Pace.FULL).train(data, data.size(), 1, null).generation();

    float[] user = fold(generation, 3, 8, 13);

    assertTrue(mean(generation, user, 3) > 3 * Math.abs(mean(generation, user, 1)));
  }

  @Test
  void an_item_that_nobody_touched_is_placed_by_its_content() throws InterruptedException {
    Generation generation =
        Tastes.trainer(Pace.FULL).train(data, data.size(), 1, null).generation();
    float[] user = fold(generation, 3, 8, 13);
    float[] same = new float[D];
    float[] different = new float[D];

    generation.prior(content(100_003), null, same, 0);
    generation.prior(content(100_001), null, different, 0);

    assertTrue(dot(user, same) > 2 * Math.abs(dot(user, different)));
  }

  @Test
  void the_same_interactions_give_the_same_bytes() throws Exception {
    byte[] once = bytes(Tastes.trainer(Pace.FULL).train(data, 6_000, 1, null).generation());
    byte[] twice = bytes(Tastes.trainer(Pace.FULL).train(data, 6_000, 1, null).generation());

    assertArrayEquals(once, twice);
  }

  @Test
  void the_next_generation_is_turned_onto_the_one_before() throws InterruptedException {
    Generation first = Tastes.trainer(Pace.FULL).train(data, 11_000, 1, null).generation();
    Interactions turnedData = Tastes.interactions(12_000, 1, false);

    GenerationTrainer.Trained next =
        Tastes.trainer(Pace.FULL).train(turnedData, turnedData.size(), 2, first);

    assertTrue(next.rotationResidual() < 0.25, "residual " + next.rotationResidual());
    assertEquals(first.items(), next.sharedItems());
    assertEquals(2, next.generation().number());
  }

  @Test
  void a_rotation_is_found_again_and_changes_no_product() {
    double[] quarter = new double[D * D];
    for (int i = 0; i < D; i++) {
      quarter[i * D + (i ^ 1)] = i % 2 == 0 ? 1 : -1;
    }
    float[] vectors = new float[100 * D];
    java.util.Random random = new java.util.Random(4);
    for (int i = 0; i < vectors.length; i++) {
      vectors[i] = (float) random.nextGaussian();
    }
    float[] turned = new float[vectors.length];
    float[] masses = new float[100];
    for (int row = 0; row < 100; row++) {
      Procrustes.rotate(vectors, row * D, quarter, D, turned, row * D);
      masses[row] = 1 + row % 3;
    }

    double[] rotation = Procrustes.rotation(Procrustes.cross(vectors, turned, masses, 100, D), D);

    assertArrayEquals(quarter, rotation, 1e-5);
    assertEquals(0, Procrustes.residual(vectors, turned, masses, 100, rotation, D), 1e-5);
  }

  @Test
  void the_pace_hears_of_progress_and_may_end_it() {
    List<Double> shares = new ArrayList<>();
    Pace pace =
        (phase, share) -> {
          shares.add(share);
          if (share > 0.5) {
            throw new InterruptedException("enough");
          }
        };

    assertThrows(
        InterruptedException.class, () -> Tastes.trainer(pace).train(data, data.size(), 1, null));
    assertTrue(shares.size() > 10);
    assertTrue(shares.getLast() < 0.6);
  }

  @Test
  void a_quarter_of_a_core_rests_three_times_as_long_as_it_works() throws InterruptedException {
    long[] now = {0};
    long[] rested = {0};
    Pace pace =
        Pace.ofCore(
            0.25,
            () -> now[0],
            nanos -> {
              rested[0] += nanos;
              now[0] += nanos;
            });

    for (int i = 0; i < 10; i++) {
      now[0] += 1_000;
      pace.step("users", 0.1 * i);
    }

    assertEquals(30_000, rested[0]);
  }

  @Test
  void evidence_moves_an_item_towards_those_who_chose_it() throws InterruptedException {
    Generation generation =
        Tastes.trainer(Pace.FULL).train(data, data.size(), 1, null).generation();
    float[] fan = fold(generation, 3, 8, 13);
    FoldIn fold = new FoldIn(generation.settings());
    float[] prior = new float[D];
    generation.prior(content(100_001), null, prior, 0);
    float before = dot(fan, prior);
    float[] live = new float[D];

    generation.beginItem(fold, 100_001, 0.01f, prior);
    for (int i = 0; i < 5; i++) {
      fold.add(fan, 0, 1, 1);
    }
    fold.solve(live, 0);

    assertTrue(dot(fan, live) > before + 0.02, before + " -> " + dot(fan, live));
  }

  private static SparseFeatures content(long hash) {
    return java.util.Objects.requireNonNull(Tastes.CONTENTS.content(hash));
  }

  private static float[] fold(Generation generation, long... hashes) {
    FoldIn fold = new FoldIn(generation.settings());
    generation.beginUser(fold, new float[0]);
    for (long hash : hashes) {
      generation.addFact(fold, generation.row(hash), 1, 1);
    }
    float[] user = new float[D];
    fold.solve(user, 0);
    return user;
  }

  private static double mean(Generation generation, float[] user, int taste) {
    float[] item = new float[D];
    double sum = 0;
    int count = 0;
    for (int row = 0; row < generation.items(); row++) {
      if (Tastes.tasteOf(generation.hash(row)) == taste) {
        generation.vector(row, item, 0);
        sum += dot(user, item);
        count++;
      }
    }
    return sum / count;
  }

  private static float dot(float[] a, float[] b) {
    float sum = 0;
    for (int i = 0; i < D; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static byte[] bytes(Generation generation) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    generation.write(out);
    return out.toByteArray();
  }
}
