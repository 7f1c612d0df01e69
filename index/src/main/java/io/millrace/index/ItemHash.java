package io.millrace.index;

import java.nio.charset.StandardCharsets;

/**
 * The 64-bit name of an item in evidence: FNV-1a over the id's UTF-8, finished by a murmur mix.
 * Frozen: batches that are stored hold it.
 */
public final class ItemHash {

  private ItemHash() {}

  /** Never 0, so that 0 can mean "no item". */
  public static long of(String itemId) {
    return mix(fnv(itemId));
  }

  /**
   * A name as a number from 0 to 2^31 - 1: the same in every copy and partition, which a number
   * given by arrival could not be.
   */
  static int label(String name) {
    return (int) (mix(fnv(name)) >>> 33);
  }

  private static long fnv(String text) {
    long h = 0xcbf29ce484222325L;
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    return h;
  }

  private static long mix(long hash) {
    long h = hash;
    h ^= h >>> 33;
    h *= 0xff51afd7ed558ccdL;
    h ^= h >>> 33;
    h *= 0xc4ceb9fe1a85ec53L;
    h ^= h >>> 33;
    return h == 0 ? 1 : h;
  }
}
