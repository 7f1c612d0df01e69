package io.millrace.index;

/**
 * Item hashes to ordinals: open addressing, items only ever join. The writer makes a larger table
 * when half full; readers use whichever they hold, which knows every item that was there when they
 * got it.
 */
final class OrdinalTable {

  private final long[] hashes;

  /** Ordinal + 1, 0 for free: written after the hash. */
  private final java.util.concurrent.atomic.AtomicIntegerArray ordinals;

  private int size;

  OrdinalTable(int slots) {
    hashes = new long[slots];
    ordinals = new java.util.concurrent.atomic.AtomicIntegerArray(slots);
  }

  private static int slot(long hash, int mask) {
    return (int) (hash ^ (hash >>> 32)) & mask;
  }

  /** -1 when absent. Any thread. */
  int get(long hash) {
    int mask = hashes.length - 1;
    int at = slot(hash, mask);
    while (true) {
      int ordinal = ordinals.getAcquire(at);
      if (ordinal == 0) {
        return -1;
      }
      if (hashes[at] == hash) {
        return ordinal - 1;
      }
      at = (at + 1) & mask;
    }
  }

  /** The table to use from now on. Writer thread only; the hash must be absent. */
  OrdinalTable with(long hash, int ordinal) {
    if (2 * (size + 1) > hashes.length) {
      OrdinalTable larger = new OrdinalTable(2 * hashes.length);
      for (int i = 0; i < hashes.length; i++) {
        if (ordinals.getPlain(i) != 0) {
          larger.insert(hashes[i], ordinals.getPlain(i));
        }
      }
      larger.insert(hash, ordinal + 1);
      return larger;
    }
    insert(hash, ordinal + 1);
    return this;
  }

  private void insert(long hash, int value) {
    int mask = hashes.length - 1;
    int at = slot(hash, mask);
    while (ordinals.getPlain(at) != 0) {
      at = (at + 1) & mask;
    }
    hashes[at] = hash;
    ordinals.setRelease(at, value);
    size++;
  }
}
