package io.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

class MemoryBenchmarkTest {

  @Test
  void too_few_users_for_a_slope_are_refused() {
    ParameterException wrong =
        assertThrows(
            ParameterException.class, () -> MemoryBenchmark.Options.of(List.of("--users", "10")));

    assertEquals("--users is 10, expected 1000 to 10000000", wrong.getMessage());
  }
}
