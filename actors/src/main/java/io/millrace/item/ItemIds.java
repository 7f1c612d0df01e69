package io.millrace.item;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The 64-bit name of an item in evidence: FNV-1a over the id's UTF-8, finished by a murmur mix; and
 * the stream of its events. Frozen: both are stored.
 */
public final class ItemIds {

  /** Streams of item events. */
  public static final int STREAMS = 16;

  private static final List<String> ALL_STREAMS =
      IntStream.range(0, STREAMS).mapToObj(n -> "item-" + n).toList();

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

  /** The stream that holds the events of this item, from the four highest bits of its hash. */
  public static String stream(String itemId) {
    return ALL_STREAMS.get((int) (hash(itemId) >>> 60));
  }

  /** All streams of item events. */
  public static List<String> streams() {
    return ALL_STREAMS;
  }
}
