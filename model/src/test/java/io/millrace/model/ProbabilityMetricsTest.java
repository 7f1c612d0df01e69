package io.millrace.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ProbabilityMetricsTest {

  @Test
  void figures_are_those_worked_out_by_hand() {
    ProbabilityMetrics metrics = new ProbabilityMetrics();
    metrics.add(0.8, true);
    metrics.add(0.4, true);
    metrics.add(0.4, false);
    metrics.add(0.1, false);

    // Pairs: .8 beats both, .4 beats .1 and ties with .4.
    assertEquals(3.5 / 4, metrics.auc(), 1e-12);
    assertEquals(
        -(Math.log(0.8) + Math.log(0.4) + Math.log(0.6) + Math.log(0.9)) / 4,
        metrics.logLoss(),
        1e-12);
    assertEquals(1.7 / 2, metrics.calibration(), 1e-12);
    assertEquals(4, metrics.examples());
    assertEquals(2, metrics.positives());
  }

  @Test
  void equal_predictions_are_worth_a_half() {
    ProbabilityMetrics metrics = new ProbabilityMetrics();
    for (int i = 0; i < 3_000; i++) {
      metrics.add(0.3, i % 3 == 0);
    }

    assertEquals(0.5, metrics.auc(), 1e-12);
  }

  @Test
  void certainty_is_refused() {
    ProbabilityMetrics metrics = new ProbabilityMetrics();

    assertThrows(IllegalArgumentException.class, () -> metrics.add(1, true));
    assertThrows(IllegalArgumentException.class, () -> metrics.add(Double.NaN, true));
  }
}
