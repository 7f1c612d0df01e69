package io.millrace.model.taste;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class InteractionWeightsTest {

  @Test
  void skips_never_outweigh_the_positives() {
    assertEquals(1, InteractionWeights.cap(2, 1.5f));
    assertEquals(0.25f, InteractionWeights.cap(1, 4));
    assertEquals(0, InteractionWeights.cap(0, 4));
    assertEquals(1, InteractionWeights.cap(0, 0));
  }

  @Test
  void only_a_refusal_has_a_target_below_zero() {
    for (InteractionWeights.Kind kind : InteractionWeights.Kind.values()) {
      assertEquals(kind == InteractionWeights.Kind.NOT_INTERESTED, kind.target() < 0, kind.name());
    }
  }
}
