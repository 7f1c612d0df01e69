package io.millrace.index;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AheadTest {

  private static final int THERE = 70;

  @Test
  void each_place_is_read_once_and_what_has_no_place_yet_is_passed_over() {
    byte[] bytes = new byte[THERE];
    Arrays.fill(bytes, (byte) 1);
    int[] ints = new int[THERE];
    Arrays.fill(ints, 1);
    long[] longs = new long[THERE];
    Arrays.fill(longs, 1);
    double[] doubles = new double[8 * THERE + 7];
    Arrays.fill(doubles, 1);
    float[] floats = new float[4 * THERE + 3];
    Arrays.fill(floats, 1);
    ItemRow row = ItemRow.of(ItemIndexContract.plain("a", 12, "of one category"), new Names());
    Ahead ahead = new Ahead();
    int[] places = IntStream.range(0, 100).toArray();

    for (int next = 0; next < places.length; next++) {
      ahead.bytes(bytes, places, next, places.length);
      ahead.ints(ints, places, next, places.length);
      ahead.longs(longs, places, next, places.length);
      ahead.doubles(doubles, 8, places, next, places.length);
      ahead.floats(floats, 4, 3, places, next, places.length);
      ahead.facts(new ItemRow[] {null, row}, places, next, places.length);
      ahead.rows(new int[][] {null, {}, {1, 1}}, places, next, places.length);
      ahead.rows(new float[][] {null, {}, Arrays.copyOf(floats, 17)}, places, next, places.length);
    }

    assertEquals(5 * THERE + (12 + 1) + 1 + 3, ahead.read);
  }
}
