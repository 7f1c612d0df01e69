package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SlopeTest {

  @Test
  void points_on_a_line_give_that_line() {
    Slope slope = Slope.of(new double[] {0, 25, 50, 100}, new double[] {7, 57, 107, 207});

    assertEquals(2, slope.each(), 1e-12);
    assertEquals(7, slope.atZero(), 1e-12);
    assertEquals(1, slope.r2(), 1e-12);
    assertEquals(0, slope.worst(), 1e-12);
  }

  /** Anscombe's first data set (1973): slope .500, intercept 3.00, R2 .667. */
  @Test
  void a_published_fit_comes_out() {
    Slope slope =
        Slope.of(
            new double[] {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5},
            new double[] {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68});

    assertEquals(.500, slope.each(), 5e-4);
    assertEquals(3.00, slope.atZero(), 5e-3);
    assertEquals(.667, slope.r2(), 5e-4);
    assertEquals(1.92, slope.worst(), 5e-3);
  }

  @Test
  void a_constant_has_no_slope_and_nothing_to_explain() {
    Slope slope = Slope.of(new double[] {0, 1}, new double[] {5, 5});

    assertEquals(0, slope.each());
    assertTrue(Double.isNaN(slope.r2()));
  }

  @Test
  void one_place_is_no_line() {
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () -> Slope.of(new double[] {3, 3}, new double[] {1, 2}));

    assertEquals("all x are equal, expected two that differ", wrong.getMessage());
  }
}
