package io.millrace.index;

/** The sums of consecutive batches of one stream, by part. Used by one thread. */
public final class SummedBatches {
  private final int stream;
  private final EvidenceSums[] parts = new EvidenceSums[EvidencePart.PARTS];
  private long number;
  private long asOfMs;

  /**
   * Nothing yet.
   *
   * @param number of the batch before the first that is added, 0 for none
   * @param asOfMs newest event time of the batches up to that one
   */
  public SummedBatches(int stream, long number, long asOfMs) {
    this.stream = stream;
    this.number = number;
    this.asOfMs = asOfMs;
    for (int part = 0; part < parts.length; part++) {
      parts[part] = new EvidenceSums();
    }
  }

  /**
   * Adds the next batch.
   *
   * @throws IllegalArgumentException for another one: "stream 3 goes on with batch 9 of stream 3,
   *     expected batch 8"
   */
  public void add(EvidenceBatch batch) {
    if (batch.stream() != stream || batch.number() != number + 1) {
      throw new IllegalArgumentException(
          "stream %d goes on with batch %d of stream %d, expected batch %d"
              .formatted(stream, batch.number(), batch.stream(), number + 1));
    }
    asOfMs = number == 0 ? batch.asOfMs() : Math.max(asOfMs, batch.asOfMs());
    number = batch.number();
    long asOfSlot = TimeGrid.slot(asOfMs);
    for (EvidenceBatch.ItemDelta item : batch.items()) {
      parts[EvidencePart.of(item.itemHash())].add(item, asOfSlot);
    }
    for (EvidenceBatch.PairDelta pair : batch.pairs()) {
      parts[EvidencePart.of(pair.predecessorHash())].add(pair);
    }
  }

  /** Items, and pairs by block, in all parts. */
  public long rows() {
    long rows = 0;
    for (EvidenceSums part : parts) {
      rows += part.size();
    }
    return rows;
  }

  /** Of the last batch added. */
  public long number() {
    return number;
  }

  /** Newest event time of all batches up to {@link #number}, milliseconds. */
  public long asOfMs() {
    return asOfMs;
  }

  /** One part's sums, which are no longer kept here; nothing may be added after the first. */
  public EvidenceSums take(int part) {
    EvidenceSums taken = parts[part];
    parts[part] = new EvidenceSums();
    return taken;
  }
}
