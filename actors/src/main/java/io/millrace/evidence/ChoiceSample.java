package io.millrace.evidence;

/**
 * Which positives become examples for learning: a fixed share, drawn by a hash of the choice
 * itself, so that a repeated fold draws the same.
 *
 * @param share 0 to 1
 * @param perBatch at most so many of one batch
 */
record ChoiceSample(double share, int perBatch) {

  boolean takes(Observed one, int taken) {
    if (taken >= perBatch || share <= 0) {
      return false;
    }
    long h = one.itemHash() ^ one.atMs() * 0x9e3779b97f4a7c15L;
    h ^= h >>> 32;
    h *= 0xd6e8feb86659fd93L;
    h ^= h >>> 32;
    return (h >>> 11) * 0x1.0p-53 < share;
  }
}
