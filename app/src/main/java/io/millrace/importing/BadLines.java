package io.millrace.importing;

import java.util.ArrayList;
import java.util.List;

/** Lines that could not be read: all counted, the first few named. Not thread-safe. */
public final class BadLines {
  /** Enough to see what is wrong, few enough to read. */
  public static final int NAMED = 10;

  private final List<String> named = new ArrayList<>();
  private long count;

  void add(String file, long line, String whatIsWrong) {
    count++;
    if (named.size() < NAMED) {
      named.add(file + ":" + line + ": " + whatIsWrong);
    }
  }

  public long count() {
    return count;
  }

  /** The first {@value #NAMED}, each as {@code file:line: what is wrong}. */
  public List<String> named() {
    return List.copyOf(named);
  }
}
