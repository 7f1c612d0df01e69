package io.millrace.retrieval;

import io.millrace.index.Source;
import java.util.ArrayList;
import java.util.List;

/**
 * How often each source proposes what users then choose, and whether one has stopped to. Written by
 * the index's writer, read by any thread; begins anew with each start.
 *
 * <p>Formula: recall of a source = decayed share of the choices whose item it had brought, as of
 * before the choice; over the last {@value #SHORT} choices (weight 1 - 1/{@value #SHORT} from one
 * to the next) against the last {@value #LONG}. A source drifts when the short one is below half of
 * the long one, and is well again above .7 of it. A source that seldom brought anything has nothing
 * to lose.
 *
 * <p>Why: a factorisation that won its tuning slice collapsed over the weeks that followed, and
 * nothing failed but the feeds.
 */
public final class SourceWatch {

  static final int SHORT = 500;
  static final int LONG = 20_000;

  /** Before so many choices the long average is no measure. Chosen. */
  static final int WARM_UP = 2_000;

  private static final double DRIFTED = .5;
  private static final double WELL = .7;
  private static final double LEAST = .02;

  private static final Source[] SOURCES = Source.values();

  /** A source whose state has changed. */
  public record Change(Source source, boolean drifted, double recall, double usual) {}

  private final double[] recent = new double[SOURCES.length];
  private final double[] usual = new double[SOURCES.length];
  private final boolean[] drifted = new boolean[SOURCES.length];
  private long choices;

  /**
   * Counts a choice.
   *
   * @param sources bit mask of those that had brought the item; 0 when none had
   * @return what has changed by it, mostly nothing
   */
  synchronized List<Change> chosen(int sources) {
    choices++;
    // The first ones count alike, as a plain mean.
    double quick = Math.max(1.0 / SHORT, 1.0 / choices);
    double slow = Math.max(1.0 / LONG, 1.0 / choices);
    List<Change> changes = List.of();
    for (Source source : SOURCES) {
      int s = source.ordinal();
      double hit = (sources & source.bit()) != 0 ? 1 : 0;
      recent[s] += quick * (hit - recent[s]);
      usual[s] += slow * (hit - usual[s]);
      boolean now =
          choices >= WARM_UP
              && usual[s] >= LEAST
              && recent[s] < (drifted[s] ? WELL : DRIFTED) * usual[s];
      if (now != drifted[s]) {
        drifted[s] = now;
        changes = new ArrayList<>(changes);
        changes.add(new Change(source, now, recent[s], usual[s]));
      }
    }
    return changes;
  }

  /** Of the last choices, 0 to 1. */
  public synchronized double recall(Source source) {
    return recent[source.ordinal()];
  }

  /** Of many more. */
  public synchronized double usualRecall(Source source) {
    return usual[source.ordinal()];
  }

  public synchronized boolean drifted(Source source) {
    return drifted[source.ordinal()];
  }
}
