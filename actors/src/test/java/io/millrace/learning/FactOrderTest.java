package io.millrace.learning;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FactOrderTest {

  @Test
  void an_order_does_not_depend_on_what_users_are_called_nor_on_how_facts_come() {
    Random random = new Random(1);
    List<RecordedFact> facts = new ArrayList<>();
    for (int n = 0; n < 2_000; n++) { // so few times and items that most are shared
      facts.add(
          new RecordedFact(
              random.nextInt(40), random.nextInt(5), random.nextInt(30), 100, true, true));
    }

    List<RecordedFact> ordered = FactOrder.of(facts);
    List<RecordedFact> again = new ArrayList<>();
    Map<Long, Long> names = new HashMap<>();
    Map<Long, Long> real = new HashMap<>();
    for (RecordedFact fact : facts) {
      long name = names.computeIfAbsent(fact.userHash(), user -> random.nextLong());
      real.put(name, fact.userHash());
      again.add(called(fact, name));
    }
    Collections.shuffle(again, random);

    List<RecordedFact> realAgain =
        FactOrder.of(again).stream().map(fact -> called(fact, real.get(fact.userHash()))).toList();
    assertEquals(ordered, realAgain);
  }

  @Test
  void what_came_first_is_first() {
    RecordedFact late = new RecordedFact(1, 1, 2_000, 100, true, true);
    RecordedFact early = new RecordedFact(9, 9, 1_000, -100, false, true);

    assertEquals(List.of(early, late), FactOrder.of(List.of(late, early)));
  }

  private static RecordedFact called(RecordedFact fact, long name) {
    return new RecordedFact(
        name, fact.itemHash(), fact.atMs(), fact.strength(), fact.touch(), fact.opinion());
  }
}
