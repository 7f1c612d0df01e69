package io.millrace.model.taste;

import java.util.Arrays;
import java.util.Random;

/**
 * Interactions in the order of their time, in columns: what a generation is trained on and checked
 * with. Grows at its end; owned by one thread until it is handed over.
 *
 * <p>About 24 bytes an interaction, 24 a user and 28 an item.
 */
public final class Interactions {

  private int size;
  private int[] users = new int[1024];
  private int[] items = new int[1024];
  private float[] weights = new float[1024];
  private float[] targets = new float[1024];
  private long[] times = new long[1024];
  private final Hashes userHashes = new Hashes();
  private final Hashes itemHashes = new Hashes();

  /**
   * Appends one.
   *
   * @param weight w, at least 0 and finite
   * @param target t, finite
   * @param atMs event time; need not rise strictly
   */
  public void add(long userHash, long itemHash, float weight, float target, long atMs) {
    if (!(weight >= 0) || !Float.isFinite(weight) || !Float.isFinite(target)) {
      throw new IllegalArgumentException(
          "an interaction has weight "
              + weight
              + " and target "
              + target
              + ", expected finite ones and a weight of at least 0");
    }
    if (size == users.length) {
      int more = size * 2;
      users = Arrays.copyOf(users, more);
      items = Arrays.copyOf(items, more);
      weights = Arrays.copyOf(weights, more);
      targets = Arrays.copyOf(targets, more);
      times = Arrays.copyOf(times, more);
    }
    users[size] = userHashes.number(userHash);
    items[size] = itemHashes.number(itemHash);
    weights[size] = weight;
    targets[size] = target;
    times[size++] = atMs;
  }

  public int size() {
    return size;
  }

  public int users() {
    return userHashes.size;
  }

  public int items() {
    return itemHashes.size;
  }

  /** Number of the user of an interaction: 0, 1, ... in order of first appearance. */
  public int user(int interaction) {
    return users[interaction];
  }

  /** Number of the item of an interaction: 0, 1, ... in order of first appearance. */
  public int item(int interaction) {
    return items[interaction];
  }

  public float weight(int interaction) {
    return weights[interaction];
  }

  public float target(int interaction) {
    return targets[interaction];
  }

  public long atMs(int interaction) {
    return times[interaction];
  }

  public long itemHash(int item) {
    return itemHashes.keys[item];
  }

  public long userHash(int user) {
    return userHashes.keys[user];
  }

  /**
   * The first {@code upTo} with their users dealt out anew, so that every item keeps its popularity
   * and times and loses its public.
   */
  Interactions dealt(int upTo, long seed) {
    int[] order = new int[upTo];
    for (int i = 0; i < upTo; i++) {
      order[i] = i;
    }
    Random random = new Random(seed);
    for (int i = upTo - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      int moved = order[i];
      order[i] = order[other];
      order[other] = moved;
    }
    Interactions dealt = new Interactions();
    for (int i = 0; i < upTo; i++) {
      dealt.add(userHash(users[order[i]]), itemHash(items[i]), weights[i], targets[i], times[i]);
    }
    return dealt;
  }

  /** Those of the first {@code upTo}, by one side: the k-th of number n is {@code at(n, k)}. */
  static final class Lists {
    private final int[] starts;
    private final int[] entries;

    private Lists(int[] side, int count, int upTo) {
      starts = new int[count + 1];
      for (int i = 0; i < upTo; i++) {
        starts[side[i] + 1]++;
      }
      for (int n = 0; n < count; n++) {
        starts[n + 1] += starts[n];
      }
      entries = new int[upTo];
      int[] next = starts.clone();
      for (int i = 0; i < upTo; i++) {
        entries[next[side[i]]++] = i;
      }
    }

    int size(int number) {
      return starts[number + 1] - starts[number];
    }

    /** The interaction, in order of time. */
    int at(int number, int k) {
      return entries[starts[number] + k];
    }
  }

  Lists byUser(int upTo) {
    return new Lists(users, users(), upTo);
  }

  Lists byItem(int upTo) {
    return new Lists(items, items(), upTo);
  }

  /** 64-bit hashes to small numbers; open addressing. */
  private static final class Hashes {
    private int size;
    private long[] keys = new long[512];
    private int[] slots = new int[1024];

    int number(long key) {
      int mask = slots.length - 1;
      int slot = (int) ((key * 0x9e3779b97f4a7c15L) >>> 33) & mask;
      while (slots[slot] != 0) {
        if (keys[slots[slot] - 1] == key) {
          return slots[slot] - 1;
        }
        slot = (slot + 1) & mask;
      }
      if (size == keys.length) {
        grow();
        return number(key);
      }
      keys[size] = key;
      slots[slot] = ++size;
      return size - 1;
    }

    private void grow() {
      keys = Arrays.copyOf(keys, size * 2);
      slots = new int[size * 4];
      int mask = slots.length - 1;
      for (int n = 0; n < size; n++) {
        int slot = (int) ((keys[n] * 0x9e3779b97f4a7c15L) >>> 33) & mask;
        while (slots[slot] != 0) {
          slot = (slot + 1) & mask;
        }
        slots[slot] = n + 1;
      }
    }
  }
}
