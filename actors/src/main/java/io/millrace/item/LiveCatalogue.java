package io.millrace.item;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue of one node in arrays by ordinal, with an open-addressing table from the item's
 * hash to its ordinal. One writer, the {@link CatalogueFollowerActor}; readers take no locks: each
 * array is filled before it is published and only grows. Nothing of it survives a restart: it is
 * read again from the item streams.
 */
final class LiveCatalogue implements Catalogue {
  /** Items that fit before the first growth; chosen to hold the demo in two doublings. */
  private static final int FIRST_CAPACITY = 4096;

  private volatile AtomicReferenceArray<ItemCard> cards =
      new AtomicReferenceArray<>(FIRST_CAPACITY);
  private volatile AtomicLongArray tombstones = new AtomicLongArray(FIRST_CAPACITY / 64);
  private volatile Names names = new Names(2 * FIRST_CAPACITY);
  private volatile boolean ready;

  /** Newest change known, by ordinal. The writer's alone. */
  private long[] seqs = new long[FIRST_CAPACITY];

  private int size;

  @Override
  public @Nullable ItemCard card(String itemId) {
    ItemCard card = card(names.ordinal(ItemIds.hash(itemId)));
    return card != null && card.itemId().equals(itemId) ? card : null;
  }

  @Override
  public @Nullable ItemCard card(int ordinal) {
    AtomicReferenceArray<ItemCard> all = cards;
    return ordinal < 0 || ordinal >= all.length() ? null : all.get(ordinal);
  }

  @Override
  public boolean tombstoned(int ordinal) {
    AtomicLongArray all = tombstones;
    int word = ordinal >> 6;
    return word >= 0 && word < all.length() && (all.get(word) >>> ordinal & 1) != 0;
  }

  @Override
  public boolean ready() {
    return ready;
  }

  /** Number of items with a card. Writer only. */
  int size() {
    return size;
  }

  void becomeReady() {
    ready = true;
  }

  /** Takes a change unless a newer one is known. Writer only. */
  boolean learn(ItemCard card, long itemSeq, boolean tombstoned) {
    int ordinal = card.ordinal();
    reserve(ordinal);
    if (itemSeq <= seqs[ordinal]) {
      return false;
    }
    seqs[ordinal] = itemSeq;
    if (tombstoned) {
      mark(ordinal, true);
    }
    if (cards.getAndSet(ordinal, card) == null) {
      size++;
      if (2 * size > names.capacity()) {
        names = names.doubled();
      }
      names.put(card.itemHash(), ordinal);
    }
    if (!tombstoned) {
      mark(ordinal, false);
    }
    return true;
  }

  /** Takes a retirement unless a newer change is known. Writer only. */
  boolean retire(int ordinal, long itemSeq) {
    reserve(ordinal);
    if (itemSeq <= seqs[ordinal]) {
      return false;
    }
    seqs[ordinal] = itemSeq;
    mark(ordinal, true);
    return true;
  }

  private void mark(int ordinal, boolean tombstoned) {
    long bit = 1L << ordinal;
    long word = tombstones.get(ordinal >> 6);
    tombstones.set(ordinal >> 6, tombstoned ? word | bit : word & ~bit);
  }

  private void reserve(int ordinal) {
    if (ordinal < 0) {
      throw new IllegalArgumentException("ordinal " + ordinal + ", expected 0 or more");
    }
    int capacity = seqs.length;
    if (ordinal < capacity) {
      return;
    }
    while (capacity <= ordinal) {
      capacity = Math.max(2 * capacity, capacity + 1);
    }
    seqs = java.util.Arrays.copyOf(seqs, capacity);
    AtomicReferenceArray<ItemCard> moreCards = new AtomicReferenceArray<>(capacity);
    for (int i = 0; i < cards.length(); i++) {
      moreCards.setPlain(i, cards.getPlain(i));
    }
    AtomicLongArray moreTombstones = new AtomicLongArray((capacity + 63) / 64);
    for (int i = 0; i < tombstones.length(); i++) {
      moreTombstones.setPlain(i, tombstones.getPlain(i));
    }
    cards = moreCards;
    tombstones = moreTombstones;
  }

  /**
   * From an item's hash to its ordinal: linear probing, a power of two of slots, never more than
   * half full, nothing ever removed. An ordinal is written before its key, so that who sees the key
   * sees the ordinal.
   */
  private static final class Names {
    private final AtomicLongArray keys;
    private final AtomicIntegerArray ordinals;

    Names(int capacity) {
      keys = new AtomicLongArray(capacity);
      ordinals = new AtomicIntegerArray(capacity);
    }

    int capacity() {
      return keys.length();
    }

    int ordinal(long hash) {
      int mask = keys.length() - 1;
      for (int slot = (int) hash & mask; ; slot = slot + 1 & mask) {
        long key = keys.getAcquire(slot);
        if (key == hash) {
          return ordinals.getPlain(slot);
        }
        if (key == 0) {
          return -1;
        }
      }
    }

    void put(long hash, int ordinal) {
      int mask = keys.length() - 1;
      int slot = (int) hash & mask;
      while (keys.getPlain(slot) != 0) {
        if (keys.getPlain(slot) == hash) {
          return;
        }
        slot = slot + 1 & mask;
      }
      ordinals.setPlain(slot, ordinal);
      keys.setRelease(slot, hash);
    }

    Names doubled() {
      Names more = new Names(2 * capacity());
      for (int slot = 0; slot < keys.length(); slot++) {
        if (keys.getPlain(slot) != 0) {
          more.put(keys.getPlain(slot), ordinals.getPlain(slot));
        }
      }
      return more;
    }
  }
}
