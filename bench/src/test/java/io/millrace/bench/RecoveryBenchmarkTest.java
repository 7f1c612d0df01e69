package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

class RecoveryBenchmarkTest {

  @Test
  void it_is_over_from_the_slice_after_the_last_bad_one() {
    List<Load.Outcome> slices =
        List.of(slice(900, 0, 0), slice(20, 0, 0), slice(300, 0, 0), slice(20, 0, 0));

    assertEquals(3, RecoveryBenchmark.settledFrom(slices, 100));
  }

  @Test
  void a_refused_or_failed_call_is_as_bad_as_a_late_one() {
    assertEquals(1, RecoveryBenchmark.settledFrom(List.of(slice(20, 1, 0), slice(20, 0, 0)), 100));
    assertEquals(2, RecoveryBenchmark.settledFrom(List.of(slice(20, 0, 0), slice(20, 0, 1)), 100));
  }

  @Test
  void it_can_be_over_at_once() {
    assertEquals(0, RecoveryBenchmark.settledFrom(List.of(slice(20, 0, 0)), 100));
  }

  @Test
  void fewer_events_than_users_are_refused() {
    ParameterException wrong =
        assertThrows(
            ParameterException.class,
            () -> RecoveryBenchmark.Options.of(List.of("--events", "10", "--users", "20")));

    assertEquals("--events is 10, expected 20 to 1000000000", wrong.getMessage());
  }

  @Test
  void a_slice_is_no_longer_than_the_whole() {
    ParameterException wrong =
        assertThrows(
            ParameterException.class,
            () -> RecoveryBenchmark.Options.of(List.of("--seconds", "3", "--slice", "5")));

    assertEquals("--slice is 5, expected 1 to 3", wrong.getMessage());
  }

  private static Load.Outcome slice(long millis, long refused, long failed) {
    Histogram latency = new Histogram(3);
    latency.recordValue(millis * 1_000_000);
    return new Load.Outcome(latency, refused, failed, 5);
  }
}
