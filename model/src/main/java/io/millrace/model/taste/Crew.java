package io.millrace.model.taste;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;
import org.jspecify.annotations.Nullable;

/**
 * The threads that a training may use: rows that do not depend on each other are dealt out in
 * ranges, so that any number of threads gives the same bits. Closing it ends them.
 */
public final class Crew implements AutoCloseable {

  /** The calling thread alone. */
  public static final Crew ALONE = new Crew(1);

  private final int threads;
  private final @Nullable ForkJoinPool others;

  /**
   * @param threads at least 1, the calling one among them
   */
  public Crew(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("a crew of " + threads + " threads, expected at least 1");
    }
    this.threads = threads;
    this.others = threads == 1 ? null : new ForkJoinPool(threads - 1);
  }

  /** Works at rows from the first to before the second. */
  @FunctionalInterface
  interface Range {
    void work(int from, int to);
  }

  int threads() {
    return threads;
  }

  /** Returns when all rows are done; what a range throws is thrown here. */
  void split(int from, int to, Range range) {
    if (others == null || to - from < threads) {
      range.work(from, to);
      return;
    }
    List<ForkJoinTask<?>> begun = new ArrayList<>(threads - 1);
    for (int thread = 1; thread < threads; thread++) {
      int first = bound(from, to, thread);
      int end = bound(from, to, thread + 1);
      begun.add(others.submit(() -> range.work(first, end)));
    }
    range.work(from, bound(from, to, 1));
    begun.forEach(ForkJoinTask::join);
  }

  private int bound(int from, int to, int thread) {
    return from + (int) ((long) (to - from) * thread / threads);
  }

  @Override
  public void close() {
    if (others != null) {
      others.close();
    }
  }
}
