package io.millrace.index;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The items chosen after one predecessor. The writer appends successors and overwrites weights in
 * place; a reader takes {@link #size} first and sees every successor below it, each weight either
 * as it was or newer. Growing makes a new object; the old one stays as it is.
 *
 * <p>A question reads at most {@link #READ} of them: all while there are no more, else the {@link
 * Strongest}.
 */
final class Posting {

  /** A table pays above this; below, a walk over one cache line does. */
  private static final int WALK = 8;

  /**
   * Successors that a question reads at most: the strongest, ties to the smaller ordinal. What that
   * costs in quality and saves in time is in decision record 10.
   */
  static final int READ = 512;

  final int[] successors;

  /** Decayed weight of each successor, relative to the landmark of pairs. */
  final float[] weights;

  /** The same of pairs within a session. */
  final float[] sessions;

  /** First cell of each successor in {@link PairCells}. Writer thread only. */
  final int[] cells;

  /** Index + 1 by hash of the successor, 0 for free. Writer thread only. */
  private final int[] table;

  private volatile int size;

  /** Null while there are at most {@link #READ}. */
  private volatile @Nullable Strongest strongest;

  /** Where each place stands among the strongest, -1 for nowhere. Writer thread only. */
  private int[] ranks = {};

  /** The strongest as they will be shown by {@link #settle}, null for as they are. Writer only. */
  private @Nullable Strongest next;

  /** Whether one of the strongest lost weight, so that others may be stronger. Writer only. */
  private boolean fallen;

  /**
   * The {@link #READ} successors of a posting with the largest weights, overwritten in place. A
   * reader may find one that has just come with the weight of the weakest, whose rank it took, and
   * one that left and came back meanwhile twice: near the weakest of 512, so it is let be.
   */
  static final class Strongest {

    /**
     * So many of the weakest are known at a time, so that most rises need no look at all. Chosen.
     */
    private static final int LISTED = 16;

    final int[] successors = new int[READ];
    final float[] weights = new float[READ];
    final float[] sessions = new float[READ];

    /** Place of each in the posting. Writer thread only. */
    private final int[] places = new int[READ];

    /** Keys of the weakest when they were listed, the weakest last. Writer thread only. */
    private final long[] keys = new long[LISTED];

    private final int[] ranks = new int[LISTED];
    private int listed;

    /** No entry that is not listed is weaker than this key. Writer thread only. */
    private long bound = Long.MIN_VALUE;

    private void set(int rank, Posting posting, int place) {
      successors[rank] = posting.successors[place];
      weights[rank] = posting.weights[place];
      sessions[rank] = posting.sessions[place];
      places[rank] = place;
    }

    private long key(int rank) {
      return BestItems.signedKey(weights[rank], successors[rank]);
    }

    /** No entry has a smaller key; exact after {@link #weakest}. */
    private long least() {
      return listed == 0 ? bound : keys[listed - 1];
    }

    /** Rank of the weakest, which is the last listed then. Weights have only risen since. */
    private int weakest() {
      while (true) {
        if (listed == 0) {
          list();
        }
        int rank = ranks[listed - 1];
        long key = key(rank);
        if (key == keys[listed - 1]) {
          return rank;
        }
        listed--;
        insert(key, rank);
      }
    }

    private void list() {
      bound = Long.MAX_VALUE;
      for (int rank = 0; rank < READ; rank++) {
        insert(key(rank), rank);
      }
    }

    /** Lists an entry if it is one of the weakest; of too many the strongest is not listed. */
    private void insert(long key, int rank) {
      if (key >= bound) {
        return;
      }
      if (listed == LISTED) {
        if (key >= keys[0]) {
          bound = key;
          return;
        }
        bound = keys[0];
        listed--;
        System.arraycopy(keys, 1, keys, 0, listed);
        System.arraycopy(ranks, 1, ranks, 0, listed);
      }
      int at = listed++;
      while (at > 0 && keys[at - 1] < key) {
        keys[at] = keys[at - 1];
        ranks[at] = ranks[at - 1];
        at--;
      }
      keys[at] = key;
      ranks[at] = rank;
    }

    /** Puts a stronger one where the weakest is. */
    private void replaceWeakest(Posting posting, int place) {
      int rank = ranks[--listed];
      set(rank, posting, place);
      insert(key(rank), rank);
    }
  }

  Posting(int capacity) {
    successors = new int[capacity];
    weights = new float[capacity];
    sessions = new float[capacity];
    cells = new int[capacity];
    table = new int[capacity <= WALK ? 0 : Integer.highestOneBit(2 * capacity - 1) * 2];
  }

  int size() {
    return size;
  }

  boolean full() {
    return size == successors.length;
  }

  Posting grown() {
    int count = size;
    Posting larger = new Posting(Math.max(4, count + (count >> 1) + 1));
    System.arraycopy(successors, 0, larger.successors, 0, count);
    System.arraycopy(weights, 0, larger.weights, 0, count);
    System.arraycopy(sessions, 0, larger.sessions, 0, count);
    System.arraycopy(cells, 0, larger.cells, 0, count);
    larger.index(count);
    larger.size = count;
    larger.ranks = count > READ ? Arrays.copyOf(ranks, larger.successors.length) : ranks;
    larger.strongest = strongest;
    larger.next = next;
    larger.fallen = fallen;
    return larger;
  }

  /** Null when all are to be read. */
  @Nullable Strongest strongest() {
    return strongest;
  }

  /** Gives a successor its weights. Writer thread only. */
  void weigh(int place, float weight, float session) {
    float before = weights[place];
    weights[place] = weight;
    sessions[place] = session;
    if (size <= READ) {
      return;
    }
    Strongest now = next == null ? strongest : next;
    if (now == null) {
      now = first();
    }
    int rank = ranks[place];
    if (rank >= 0) {
      now.weights[rank] = weight;
      now.sessions[rank] = session;
      fallen |= weight < before;
    } else {
      rise(place, now);
    }
  }

  /** The same, and {@link #settle} looks at all of them for the strongest. Writer thread only. */
  void weighUnsorted(int place, float weight, float session) {
    weights[place] = weight;
    sessions[place] = session;
    fallen = size > READ;
  }

  /** The first beyond what is read comes: so far all were. */
  private Strongest first() {
    Strongest first = new Strongest();
    ranks = new int[successors.length];
    Arrays.fill(ranks, -1);
    for (int place = 0; place < READ; place++) {
      first.set(place, this, place);
      ranks[place] = place;
    }
    next = first;
    return first;
  }

  private void rise(int place, Strongest now) {
    long key = BestItems.signedKey(weights[place], successors[place]);
    if (key <= now.least()) {
      return;
    }
    // What was the weakest may have risen since.
    int weakest = now.weakest();
    if (key > now.least()) {
      ranks[now.places[weakest]] = -1;
      now.replaceWeakest(this, place);
      ranks[place] = weakest;
    }
  }

  /** Shows readers which are the strongest now. Writer thread only. */
  void settle() {
    if (fallen) {
      fallen = false;
      next = chosen();
    }
    if (next != null) {
      strongest = next;
      next = null;
    }
  }

  /** The strongest, by a look at all. */
  private Strongest chosen() {
    int count = size;
    if (ranks.length < count) {
      ranks = new int[successors.length];
    }
    long[] keys = new long[count];
    for (int place = 0; place < count; place++) {
      keys[place] = BestItems.signedKey(weights[place], successors[place]);
    }
    Arrays.sort(keys);
    long least = keys[count - READ];
    Strongest chosen = new Strongest();
    int rank = 0;
    for (int place = 0; place < count; place++) {
      ranks[place] = -1;
      if (BestItems.signedKey(weights[place], successors[place]) >= least) {
        ranks[place] = rank;
        chosen.set(rank++, this, place);
      }
    }
    chosen.bound = least;
    return chosen;
  }

  private void index(int count) {
    if (table.length > 0) {
      for (int i = 0; i < count; i++) {
        table[slot(successors[i])] = i + 1;
      }
    }
  }

  /** Slot of the successor in the table, or the free one where it belongs. */
  private int slot(int successor) {
    int mask = table.length - 1;
    int at = (successor * 0x9E3779B9) >>> 7 & mask;
    while (table[at] != 0 && successors[table[at] - 1] != successor) {
      at = (at + 1) & mask;
    }
    return at;
  }

  /** Place of the successor, -1 when absent. Writer thread only. */
  int find(int successor) {
    if (table.length > 0) {
      return table[slot(successor)] - 1;
    }
    int count = size;
    for (int i = 0; i < count; i++) {
      if (successors[i] == successor) {
        return i;
      }
    }
    return -1;
  }

  /** Place of a new successor; not to be called on a full one. */
  int append(int successor) {
    int at = size;
    if (table.length > 0) {
      int slot = slot(successor);
      successors[at] = successor;
      table[slot] = at + 1;
    } else {
      successors[at] = successor;
    }
    cells[at] = -1;
    if (at < ranks.length) {
      ranks[at] = -1;
    }
    size = at + 1;
    return at;
  }

  /**
   * A copy whose weights can be written anew without readers seeing a mixture: write them into the
   * arrays, then {@link #choose}.
   */
  Posting copy() {
    int count = size;
    Posting copy = new Posting(successors.length);
    System.arraycopy(successors, 0, copy.successors, 0, count);
    System.arraycopy(cells, 0, copy.cells, 0, count);
    copy.index(count);
    copy.size = count;
    return copy;
  }

  /** Finds the strongest among weights that were written into the arrays. */
  void choose() {
    if (size > READ) {
      strongest = chosen();
    }
  }

  /** Which predecessors an item was chosen after, and where in their postings it stands. */
  static final class Incoming {
    private int[] predecessors = new int[4];
    private int[] places = new int[4];
    private int size;

    /** Writer thread only. */
    synchronized void add(int predecessor, int place) {
      if (size == predecessors.length) {
        predecessors = Arrays.copyOf(predecessors, size + (size >> 1) + 1);
        places = Arrays.copyOf(places, predecessors.length);
      }
      predecessors[size] = predecessor;
      places[size] = place;
      size++;
    }

    /** Pairs of predecessor and place. Any thread. */
    synchronized long[] all() {
      long[] all = new long[size];
      for (int i = 0; i < size; i++) {
        all[i] = (long) predecessors[i] << 32 | places[i];
      }
      return all;
    }
  }
}
