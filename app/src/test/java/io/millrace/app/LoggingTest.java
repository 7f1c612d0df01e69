package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.slf4j.spi.MDCAdapter;

class LoggingTest {

  @Test
  void what_is_put_into_the_diagnostic_context_goes_nowhere_and_lines_are_written() {
    Logging logging = new Logging();
    logging.initialize();

    MDCAdapter context = logging.getMDCAdapter();
    context.put("persistenceId", "user|anna");

    assertNull(context.get("persistenceId"));
    assertTrue(logging.getLoggerFactory().getLogger("io.millrace").isWarnEnabled());
  }
}
