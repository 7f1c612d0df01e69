package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class InnerProductTest {

  @Test
  void lanes_are_added_as_neighbours_then_pairs_then_halves() {
    Random random = new Random(3);
    for (int length = 0; length < 80; length++) {
      float[] x = vector(random, length);
      float[] y = vector(random, length);
      int whole = length / 8 * 8;
      float[] lanes = new float[8];
      for (int i = 0; i < whole; i++) {
        lanes[i % 8] = Math.fma(x[i], y[i], lanes[i % 8]);
      }
      float product =
          ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
              + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
      for (int i = whole; i < length; i++) {
        product = Math.fma(x[i], y[i], product);
      }

      assertEquals(
          Float.floatToRawIntBits(product), Float.floatToRawIntBits(InnerProduct.of(x, y)));
    }
  }

  private static float[] vector(Random random, int length) {
    float[] vector = new float[length];
    for (int i = 0; i < length; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }
}
