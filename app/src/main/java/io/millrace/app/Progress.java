package io.millrace.app;

import java.util.Locale;
import java.util.function.Consumer;

/** One line on standard error that is written over, when that is a terminal; else nothing. */
final class Progress implements AutoCloseable, Consumer<String> {
  private static final long EVERY_NANOS = 200_000_000;

  private final boolean terminal = Boolean.getBoolean("millrace.stderr.terminal");
  private long last = System.nanoTime() - EVERY_NANOS;
  private int width;

  @Override
  public synchronized void accept(String line) {
    long now = System.nanoTime();
    if (terminal && now - last >= EVERY_NANOS) {
      last = now;
      write(line);
    }
  }

  void of(String what, long done, long all) {
    accept(
        String.format(
            Locale.ROOT,
            "%s %,d of %,d (%d %%)",
            what,
            done,
            all,
            all == 0 ? 100 : 100 * done / all));
  }

  private void write(String line) {
    System.err.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
    System.err.flush();
    width = line.length();
  }

  @Override
  public synchronized void close() {
    if (width > 0) {
      write("");
      System.err.print("\r");
      System.err.flush();
      width = 0;
    }
  }
}
