package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ThreadTimesTest {

  private static final String PRINT =
      """
      "index-search-0" #41 [77] daemon prio=5 os_prio=0 cpu=1500.00ms elapsed=20.00s tid=0x1 nid=77
      "index-search-1" #42 [78] daemon prio=5 os_prio=0 cpu=500.00ms elapsed=20.00s tid=0x1 nid=78
         java.lang.Thread.State: WAITING (parking)
      "millrace-pekko.actor.default-dispatcher-5" #9 [9] prio=5 cpu=250.00ms elapsed=9.00s tid=0x1
      "millrace-pekko.actor.default-dispatcher-12" #13 [13] prio=5 cpu=50.00ms elapsed=9.00s tid=0x1
      "G1 Main Marker" os_prio=0 cpu=10.00ms elapsed=30.05s tid=0x2 nid=12 runnable
      "ZWorkerYoung#0" os_prio=0 cpu=20.00ms elapsed=30.05s tid=0x2 nid=12 runnable
      """;

  @Test
  void threads_are_added_up_by_what_they_are_for() {
    assertEquals(
        Map.of("retrieve", 2.0, "actors-and-edge", .3, "collect", .03),
        ThreadTimes.parse(PRINT).seconds());
  }

  @Test
  void what_was_spent_since_is_shared_out_over_the_calls() {
    ThreadTimes before = new ThreadTimes(Map.of("retrieve", 1.0));
    ThreadTimes after = new ThreadTimes(new TreeMap<>(Map.of("retrieve", 3.0, "rank", .5)));

    assertEquals(
        "{\"rank\":500.0,\"retrieve\":2000.0}",
        after.micros(before, 1_000).toString(),
        "sorted by name");
  }
}
