package io.millrace.item;

import java.nio.charset.StandardCharsets;

/**
 * The 64-bit name of an item in evidence: FNV-1a over the id's UTF-8, finished by a murmur mix.
 * Frozen: it is stored.
 */
public final class ItemIds {

  private ItemIds() {}

  /** Never 0, so that 0 can mean "no item". */
  public static long hash(String itemId) {
    long h = 0xcbf29ce484222325L;
    for (byte b : itemId.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    h ^= h >>> 33;
    h *= 0xff51afd7ed558ccdL;
    h ^= h >>> 33;
    h *= 0xc4ceb9fe1a85ec53L;
    h ^= h >>> 33;
    return h == 0 ? 1 : h;
  }
}
