package io.millrace.index;

import java.util.List;

/**
 * Candidates with their raw signals, in columns: row i of every array is one item.
 *
 * @param ordinals the items
 * @param sources bit mask of {@link Source#bit} per row; 0 where none brought it (it was given, or
 *     only its vector is near)
 * @param signals {@code signals[Signal.ordinal()][row]}
 * @param primaryCategory number of the primary category's name per row, from 0 to 2^31 - 1, the
 *     same in every copy and partition; -1 for none
 * @param creator the same of the creator
 * @param because per row the ordinal of the history item that adds most to its co-visitation, -1
 *     when none does
 * @param maxima largest value of each signal over all servable items (popularities) or over the
 *     rows (the others)
 * @param historyReleaseYear of the query's newest three history items, 0 unknown
 * @param historyPopularity 60-day share of the same
 * @param itemLagMs newest evidence time known to any stream less the oldest stream's; 0 when even
 * @param evidence batch numbers applied, one per stream: as of what these are true
 * @param missing labels of sources that failed or ran out of time and brought nothing
 */
public record Candidates(
    int[] ordinals,
    int[] sources,
    float[][] signals,
    int[] primaryCategory,
    int[] creator,
    int[] because,
    float[] maxima,
    int[] historyReleaseYear,
    float[] historyPopularity,
    long itemLagMs,
    long[] evidence,
    List<String> missing) {

  public int size() {
    return ordinals.length;
  }

  /** 0 where the index that answered does not know of the signal. */
  public float signal(Signal signal, int row) {
    return signal.ordinal() < signals.length ? signals[signal.ordinal()][row] : 0;
  }
}
