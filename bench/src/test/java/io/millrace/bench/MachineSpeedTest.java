package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class MachineSpeedTest {

  @Test
  void reads_come_to_every_line_before_they_come_to_one_again() {
    for (int lines = 1 << 16; lines <= 1 << 21; lines <<= 5) {
      BitSet seen = new BitSet(lines);
      long line = 0;
      for (int i = 0; i < lines; i++) {
        seen.set((int) line);
        line = MachineSpeed.next(line, lines);
      }
      assertEquals(lines, seen.cardinality());
    }
  }

  @Test
  void every_figure_is_one_that_a_machine_can_have() {
    JsonObject speed = MachineSpeed.now();

    assertTrue(speed.get("firstTouchMicros").getAsDouble() > 0, speed.toString());
    assertTrue(speed.get("cacheReadNanos").getAsDouble() > .5, speed.toString());
    assertTrue(
        speed.get("memoryReadNanos").getAsDouble() > speed.get("cacheReadNanos").getAsDouble() / 2,
        speed.toString());
    assertTrue(speed.get("wakeMicros").getAsDouble() > 0, speed.toString());
  }
}
