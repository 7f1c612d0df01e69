package io.millrace.retrieval;

/**
 * Where touches have moved items to in one generation.
 *
 * @param generation its number
 * @param generationAtMs when it was made
 * @param oldestItemMs when the first item came: moving depends on it
 * @param vectors of each item in the order of the hashes, one after the other
 * @param awaited ordinals that touches name although no item had them
 */
public record MovedItems(
    int generation,
    long generationAtMs,
    long oldestItemMs,
    long[] itemHashes,
    float[] vectors,
    int[] awaited) {

  /** Nothing was moved. */
  public static final MovedItems NONE =
      new MovedItems(0, 0, 0, new long[0], new float[0], new int[0]);

  public MovedItems {
    int items = itemHashes.length;
    if (items == 0 ? vectors.length != 0 : vectors.length == 0 || vectors.length % items != 0) {
      throw new IllegalArgumentException(
          "%d moved items have %d values, expected as many each".formatted(items, vectors.length));
    }
  }

  /** Values of each vector; 0 without items. */
  int dimensions() {
    return itemHashes.length == 0 ? 0 : vectors.length / itemHashes.length;
  }
}
