package io.millrace.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import org.junit.jupiter.api.Test;

final class CallersMistakesTest {

  @Test
  void headers_that_cannot_be_parsed_are_not_logged_and_all_else_is() {
    String failed = "HTTP2 connection failed with error [%s]. Sending INTERNAL_ERROR and closing.";

    assertEquals(
        FilterReply.DENY, decide(failed.formatted("Illegal character '\\u0010' in header value")));
    assertEquals(
        FilterReply.NEUTRAL, decide(failed.formatted("pullNextFrame not supported in state")));
    assertEquals(FilterReply.NEUTRAL, decide("Illegal state"));
  }

  private static FilterReply decide(String message) {
    LoggingEvent event = new LoggingEvent();
    event.setMessage(message);
    return new CallersMistakes().decide(event);
  }
}
