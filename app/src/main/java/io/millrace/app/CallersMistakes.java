package io.millrace.app;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;

/**
 * Keeps out of the log what anybody could fill it with: Pekko HTTP logs as an ERROR that a caller's
 * HTTP/2 headers cannot be parsed, and has no setting for it. The caller is told by GOAWAY.
 */
public final class CallersMistakes extends Filter<ILoggingEvent> {
  private static final String ILLEGAL = "HTTP2 connection failed with error [Illegal ";

  @Override
  public FilterReply decide(ILoggingEvent event) {
    String message = event.getMessage();
    return message != null && message.startsWith(ILLEGAL) ? FilterReply.DENY : FilterReply.NEUTRAL;
  }
}
