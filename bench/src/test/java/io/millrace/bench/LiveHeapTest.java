package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class LiveHeapTest {

  private static final String BEFORE =
      """
      4711:
       num     #instances         #bytes  class name (module)
      -------------------------------------------------------
         1:            10            400  [B (java.base@25)
         2:             2             48  io.millrace.user.UserState
         3:             1             16  org.apache.pekko.actor.ActorCell
      Total            13            464
      """;

  private static final String AFTER =
      """
         1:            30           1000  [B (java.base@25)
         2:            12            288  io.millrace.user.UserState
         3:            11            176  org.apache.pekko.actor.ActorCell
         4:             5            160  [Lscala.collection.immutable.Node;
         5:             5            120  java.util.HashMap (java.base@25)
         6:             1              8  Lone
         7:             1              8  Lone
      Total            65           1760
      """;

  @Test
  void the_classes_sum_up_to_the_total() {
    assertEquals(464, LiveHeap.parse(BEFORE).bytes());
    assertEquals(1760, LiveHeap.parse(AFTER).bytes());
  }

  @Test
  void a_class_of_two_loaders_is_one() {
    assertEquals(new LiveHeap.Held(2, 16), LiveHeap.parse(AFTER).classes().get("Lone"));
  }

  @Test
  void what_fills_holes_is_not_held() {
    String holes = BEFORE + "   4:   7   700  [Ljdk.internal.vm.FillerElement; (java.base@25)\n";

    assertEquals(464, LiveHeap.parse(holes).bytes());
  }

  @Test
  void growth_goes_to_the_owner_of_the_class_and_of_the_elements_of_an_array() {
    LiveHeap more = LiveHeap.parse(AFTER).since(LiveHeap.parse(BEFORE));

    assertEquals(new LiveHeap.Held(10, 240), more.classes().get("io.millrace.user.UserState"));
    assertEquals(240, more.byOwner().get("millrace"));
    assertEquals(160 + 160, more.byOwner().get("pekko"));
    assertEquals(120, more.byOwner().get("collections"));
    assertEquals(600, more.byOwner().get("arrays and strings"));
    assertEquals(16, more.byOwner().get("other"));
  }

  @Test
  void an_answer_without_classes_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> LiveHeap.parse("Unable to open socket"));
  }
}
