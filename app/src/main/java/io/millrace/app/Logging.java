package io.millrace.app;

import ch.qos.logback.classic.spi.LogbackServiceProvider;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;

/**
 * Logback without a diagnostic context. Pekko puts six entries in it for each message that is
 * persisted, logged or not, and takes them out again; no line of ours prints any.
 */
public final class Logging extends LogbackServiceProvider {

  /** Before the first logger of the process is asked for. */
  static void use() {
    System.setProperty("slf4j.provider", Logging.class.getName());
    System.setProperty("slf4j.internal.verbosity", "WARN"); // else it says that it does so
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return new NOPMDCAdapter();
  }
}
