package io.millrace.retrieval;

import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Asks the index, before anybody waits for an answer, what feeds are about to ask it: the first
 * questions with vectors run code that is not yet compiled, at many times its later cost, and feeds
 * queue up behind them. The answers are thrown away. Changes nothing; any thread.
 */
final class Rehearsal implements Runnable {

  /** Measured after a restart: the first 25 take .6 s, by 250 each takes 2 ms, by 500 1.2 ms. */
  private static final int QUESTIONS = 250;

  /** Whoever waits for a first generation waits so much longer at most. */
  private static final Duration MOST = Duration.ofSeconds(2);

  private static final int LONGEST_HISTORY = 128;
  private static final long MINUTE_MS = 60_000;

  private final ItemIndex index;
  private final TasteSpace space;
  private final RetrievalSettings settings;
  private final long nowMs;
  private final SplittableRandom random = new SplittableRandom(1);

  /** In a generation that was adopted. */
  Rehearsal(ItemIndex index, TasteSpace space, RetrievalSettings settings, long nowMs) {
    this.index = index;
    this.space = space;
    this.settings = settings;
    this.nowMs = nowMs;
  }

  @Override
  public void run() {
    int[] items = items();
    if (items.length == 0) {
      return;
    }
    long begun = System.nanoTime();
    for (int i = 0; i < QUESTIONS && System.nanoTime() - begun < MOST.toNanos(); i++) {
      index.retrieve(question(items));
    }
  }

  private int[] items() {
    int[] items = new int[Math.min(10_000, index.ordinals())];
    int count = 0;
    for (int i = 0; i < items.length; i++) {
      int ordinal = random.nextInt(index.ordinals());
      ItemFacts facts = index.facts(ordinal);
      if (facts != null) {
        items[count++] = ordinal;
      }
    }
    return Arrays.copyOf(items, count);
  }

  /** One whose last visit was minutes ago, and who did something every few minutes before. */
  private RetrievalQuery question(int[] items) {
    int[] history = new int[1 + random.nextInt(LONGEST_HISTORY)];
    long[] historyAtMs = new long[history.length];
    long atMs = nowMs;
    for (int i = 0; i < history.length; i++) {
      history[i] = items[random.nextInt(items.length)];
      atMs -= random.nextLong(10 * MINUTE_MS);
      historyAtMs[i] = atMs;
    }
    return HistoryQuery.of(space, nowMs, history, historyAtMs, settings);
  }
}
