package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GenerationCheckTest {

  private static final int SLICE = 11_000;
  private final Interactions real = Tastes.interactions(12_000, 1, false);

  /** Trained on choices dealt out at random, looked at on the real latest slice. */
  private final Interactions shuffled =
      Tastes.joined(Tastes.interactions(SLICE, 2, true), SLICE, real);

  @Test
  void a_first_generation_that_knows_tastes_is_promoted() throws InterruptedException {
    GenerationCheck.Verdict verdict =
        GenerationCheck.check(trained(real, null), null, real, SLICE, Tastes.CONTENTS, Crew.ALONE);

    assertTrue(verdict.promoted(), verdict.reason());
    assertTrue(verdict.candidate().lift() > 0.7, verdict.reason());
    assertTrue(verdict.candidate().coldTests() > 0, verdict.reason());
  }

  @Test
  void a_first_generation_from_shuffled_data_is_refused() throws InterruptedException {
    GenerationCheck.Verdict verdict =
        GenerationCheck.check(
            trained(shuffled, null), null, shuffled, SLICE, Contents.NONE, Crew.ALONE);

    assertFalse(verdict.promoted());
    assertTrue(verdict.reason().contains("holds no taste"), verdict.reason());
  }

  @Test
  void a_first_generation_must_know_more_than_its_placebo() throws InterruptedException {
    GenerationTrainer trainer = Tastes.trainer(Pace.FULL);

    GenerationCheck.Verdict good =
        GenerationCheck.checkFirst(
            trained(real, null),
            trainer.placebo(real, SLICE),
            real,
            SLICE,
            Tastes.CONTENTS,
            Crew.ALONE);
    GenerationCheck.Verdict bad =
        GenerationCheck.checkFirst(
            trained(shuffled, null),
            trainer.placebo(shuffled, SLICE),
            shuffled,
            SLICE,
            Contents.NONE,
            Crew.ALONE);

    assertTrue(good.promoted(), good.reason());
    assertFalse(bad.promoted(), bad.reason());
    assertTrue(bad.reason().contains("holds no taste"), bad.reason());
  }

  @Test
  void shuffled_data_is_refused_against_the_present_one() throws InterruptedException {
    Generation present = trained(real, null);

    GenerationCheck.Verdict verdict =
        GenerationCheck.check(
            trained(shuffled, null), present, real, SLICE, Tastes.CONTENTS, Crew.ALONE);

    assertFalse(verdict.promoted());
    assertTrue(verdict.reason().contains("recall@300 is worse by"), verdict.reason());
  }

  @Test
  void a_warm_started_generation_is_no_worse_and_promoted() throws InterruptedException {
    Generation present = Tastes.trainer(Pace.FULL).train(real, 9_000, 1, null).generation();

    GenerationCheck.Verdict verdict =
        GenerationCheck.check(
            trained(real, present), present, real, SLICE, Tastes.CONTENTS, Crew.ALONE);

    assertTrue(verdict.promoted(), verdict.reason());
  }

  @Test
  void a_generation_that_lost_items_is_refused() throws InterruptedException {
    Generation present = trained(real, null);
    Generation early = Tastes.trainer(Pace.FULL).train(real, 1_500, 2, null).generation();

    GenerationCheck.Verdict verdict =
        GenerationCheck.check(early, present, real, SLICE, Tastes.CONTENTS, Crew.ALONE);

    assertFalse(verdict.promoted());
    assertTrue(verdict.reason().contains("it covers"), verdict.reason());
  }

  @Test
  void a_slice_that_says_nothing_promotes_nothing() throws InterruptedException {
    GenerationCheck.Verdict verdict =
        GenerationCheck.check(trained(real, null), null, real, 11_950, Tastes.CONTENTS, Crew.ALONE);

    assertFalse(verdict.promoted());
    assertTrue(verdict.reason().contains("tests, expected at least 100"), verdict.reason());
  }

  private static Generation trained(
      Interactions data, @org.jspecify.annotations.Nullable Generation previous)
      throws InterruptedException {
    return Tastes.trainer(Pace.FULL).train(data, SLICE, 2, previous).generation();
  }
}
