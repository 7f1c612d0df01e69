package io.millrace.index;

import org.jspecify.annotations.Nullable;

/**
 * What one question reads, taken once from a volatile field.
 *
 * <p>What a reader may see: the writer publishes a new view after every put, retirement and batch,
 * so all that was written before it is visible. The arrays are shared with the writer, which goes
 * on to overwrite single numbers in place: a reader may therefore see some numbers of a batch that
 * is being folded and not others, and each number is whole (a row is one immutable object, a list
 * one immutable array, doubles are written whole by any 64-bit machine). What would not mix is
 * never overwritten: when a landmark moves or an array grows, the writer goes on in new arrays. An
 * item's words and their length may be of two moments, or the length 0: who divides by it bounds
 * what comes out.
 *
 * @param audiences {@link ItemRow#audience} by ordinal
 * @param totals by column of {@link Popularity}
 * @param batches newest batch per stream
 * @param lagMs newest evidence time of any stream less the oldest stream's
 * @param servable number of servable items
 */
record IndexView(
    @Nullable ItemRow[] rows,
    byte[] audiences,
    OrdinalTable ordinals,
    double[] columns,
    long[] counts,
    double[] totals,
    ItemLists.View lists,
    Postings.View pairs,
    VectorBlocks.View vectors,
    Words.View words,
    long[] batches,
    long lagMs,
    int servable) {

  @Nullable ItemRow row(int ordinal) {
    return ordinal >= 0 && ordinal < rows.length ? rows[ordinal] : null;
  }
}
