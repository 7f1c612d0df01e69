package io.millrace.index;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * One search over {@link VectorLists}: scores codes list by list, keeps what reaches a bar that
 * rises, computes the best again in floats. Owned by one thread from {@link Pool#take} to {@link
 * Pool#give}; the writer reads {@link #reading}.
 *
 * <p>Which lists, and when to stop: a list's scores are taken to spread around that of its
 * centroid, m = q . c, with deviation s, s^2 = |q|^2 a + (m / |c|)^2 (l - a), where l and a are the
 * variances of its vectors along the centroid and across it. First the lists with the largest m +
 * s, until there are enough for a bar t. Then the others by z = (m - t) / s, down to z = -reach:
 * the one setting that trades time for recall, and it means much the same for any k, any norms and
 * any filter, because the bar is that of what is admitted.
 */
final class ListsSearch {

  /** Version of one who does not read. */
  static final int NOBODY = Integer.MAX_VALUE;

  private static final int BUCKETS = 4_096;

  /** Buckets of scores that are not positive. */
  private static final int NEGATIVE = 1_024;

  /** From an earlier trial: fewer, and the rounding of codes costs recall at .99. */
  private static final double RESCORED = 1.1;

  /** Blocks between two looks at the bar and the clock. */
  private static final int STEP = 8;

  private static final int CLASSES = 256;

  /** Floats of a cache line. */
  private static final int LINE = 16;

  /** Version of the view in use, {@link #NOBODY} between searches. */
  volatile int reading = NOBODY;

  private short[] query = {};
  private byte[] met = {};
  private byte epoch;
  private float[] means = {};
  private float[] deviations = {};
  private int[] done = {};
  private int search;
  private int[] next = {};
  private final int[] heads = new int[CLASSES];
  private final float[] block = new float[VectorBlocks.BLOCK];
  private final int[] slots = new int[STEP * VectorList.BLOCK];
  private final float[] reached = new float[STEP * VectorList.BLOCK + VectorList.slack()];
  private final int[] counts = new int[BUCKETS];

  /** What reached the bar of its time. */
  private int[] items = new int[4_096];

  private float[] scores = new float[4_096];
  private long[] keys = {};

  /** Written only so that the loads of {@link #best} are not left out. */
  float touch;

  private int size;
  private int wanted;
  private int above;
  private int barBucket;
  private float bar;
  private int top;
  private int topNegative;
  private float scale;
  private float norm;
  private int visited;
  private int maxVisited;
  private long deadline;
  private boolean spent;
  private int version;
  private VectorIndex.@Nullable Allowed allowed;
  private final BestItems best = new BestItems();

  private void begin(
      ListsVectorIndex.View view,
      float[] vector,
      int k,
      VectorIndex.Budget budget,
      VectorIndex.@Nullable Allowed only) {
    version = view.version();
    allowed = only;
    size = 0;
    visited = 0;
    spent = false;
    above = 0;
    barBucket = 0;
    bar = Float.NEGATIVE_INFINITY;
    wanted = (int) Math.ceil(k * RESCORED) + 8;
    maxVisited = budget.maxVisited();
    deadline =
        budget.maxNanos() == Long.MAX_VALUE
            ? Long.MAX_VALUE
            : System.nanoTime() + budget.maxNanos();
    int length = VectorList.queryLength(vector.length);
    if (query.length != length) {
      query = new short[length];
    }
    scale = VectorList.encodeQuery(vector, query);
    norm = (float) GraphFolder.norm(vector);
    float most = Math.max(Float.MIN_NORMAL, norm * view.largestNorm() * 1.01f);
    top = Float.floatToRawIntBits(most) >> 15;
    topNegative = Float.floatToRawIntBits(most) >> 17;
    Arrays.fill(counts, 0);
    int ordinals = view.vectors().length;
    if (met.length < ordinals) {
      met = new byte[ordinals + (ordinals >> 3)];
      epoch = 0;
    }
    if (++epoch == 0) {
      Arrays.fill(met, (byte) 0);
      epoch = 1;
    }
  }

  /** Score buckets are logarithmic: 256 to a doubling, twelve doublings below the largest. */
  private int bucket(float score) {
    int bits = Float.floatToRawIntBits(score);
    if (bits > 0) {
      return Math.max(NEGATIVE, Math.min(BUCKETS - 1, BUCKETS - 1 - top + (bits >> 15)));
    }
    return Math.max(0, Math.min(NEGATIVE - 1, topNegative - ((bits & 0x7fff_ffff) >> 17)));
  }

  /** No score of the bucket is less. */
  private float least(int bucket) {
    if (bucket > NEGATIVE) {
      return Float.intBitsToFloat((bucket - (BUCKETS - 1 - top)) << 15);
    }
    if (bucket == NEGATIVE) {
      return 0;
    }
    return bucket == 0
        ? Float.NEGATIVE_INFINITY
        : -Float.intBitsToFloat((topNegative - bucket + 1) << 17);
  }

  VectorIndex.Hits search(
      ListsVectorIndex.View view,
      float[] vector,
      int k,
      float reach,
      VectorIndex.Budget budget,
      VectorIndex.@Nullable Allowed only) {
    begin(view, vector, k, budget, only);
    VectorLists lists = view.lists();
    int count = lists.count();
    scan(lists.list(count));
    if (count > 0 && !spent) {
      meet(lists, vector);
      first(lists);
      if (!spent) {
        rest(lists, reach);
      }
    }
    return best(view, vector, k);
  }

  /** Scores of the centroids. */
  private void meet(VectorLists lists, float[] vector) {
    int count = lists.count();
    if (means.length < count + VectorBlocks.BLOCK) {
      means = new float[count + VectorBlocks.BLOCK];
      deviations = new float[count];
      done = new int[count];
      next = new int[count];
      search = 0;
    }
    search++;
    for (int b = 0; b * VectorBlocks.BLOCK < count; b++) {
      lists.centroids.scores(b, vector, block);
      System.arraycopy(block, 0, means, b * VectorBlocks.BLOCK, VectorBlocks.BLOCK);
    }
    lists.deviations(norm, means, deviations);
  }

  /** The most hopeful lists, until there is a bar. */
  private void first(VectorLists lists) {
    int count = lists.count();
    for (int many = Math.min(count, 8 + wanted / 24); ; many = count) {
      best.begin(many);
      for (int list = 0; list < count; list++) {
        long key = BestItems.signedKey(means[list] + deviations[list], list);
        if (best.wants(key)) {
          best.offer(key);
        }
      }
      for (long key : best.sorted()) {
        int list = BestItems.ordinal(key);
        if (done[list] != search) {
          done[list] = search;
          scan(lists.list(list));
          if (spent || barBucket > 0) {
            return;
          }
        }
      }
      if (many == count) {
        return;
      }
    }
  }

  private void rest(VectorLists lists, float reach) {
    int count = lists.count();
    float t = bar * scale;
    float most = Float.NEGATIVE_INFINITY;
    float least = Float.POSITIVE_INFINITY;
    for (int list = 0; list < count; list++) {
      float spread = deviations[list];
      if (done[list] != search && means[list] - t >= -reach * spread) {
        most = Math.max(most, means[list] + spread);
        least = Math.min(least, means[list] + spread);
      } else {
        done[list] = search;
      }
    }
    // The most hopeful first here too: so the bar rises before the others are looked at.
    Arrays.fill(heads, -1);
    float width = most > least ? (CLASSES - 1) / (most - least) : 0;
    for (int list = 0; list < count; list++) {
      if (done[list] != search) {
        int place = (int) ((most - means[list] - deviations[list]) * width);
        place = Math.max(0, Math.min(CLASSES - 1, place));
        next[list] = heads[place];
        heads[place] = list;
      }
    }
    for (int place = 0; place < CLASSES; place++) {
      for (int list = heads[place]; list >= 0; list = next[list]) {
        if (means[list] - bar * scale >= -reach * deviations[list]) {
          scan(lists.list(list));
          if (spent) {
            return;
          }
        }
      }
    }
  }

  private void scan(VectorList list) {
    int blocks = list.blocks();
    for (int from = 0; from < blocks && !spent; from += STEP) {
      int to = Math.min(blocks, from + STEP);
      int found = list.reaching(from, to, query, bar, slots, reached);
      visited += (to - from) * VectorList.BLOCK;
      if (found > 0) {
        keep(list, found);
      }
      spent =
          visited >= maxVisited
              || (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0);
    }
  }

  private void keep(VectorList list, int found) {
    if (size + found > items.length) {
      items = Arrays.copyOf(items, 2 * (size + found));
      scores = Arrays.copyOf(scores, items.length);
    }
    int kept = 0;
    // Apart from what follows, whose branches cannot be guessed: so cache misses overlap.
    for (int i = 0; i < found; i++) {
      if (list.counts(slots[i], version)) {
        reached[kept] = reached[i];
        slots[kept++] = list.ordinal(slots[i]);
      }
    }
    for (int i = 0; i < kept; i++) {
      int ordinal = slots[i];
      if (met[ordinal] == epoch) {
        continue;
      }
      met[ordinal] = epoch;
      if (allowed != null && !allowed.admits(ordinal)) {
        continue;
      }
      float score = reached[i] * scale;
      int bucket = bucket(score);
      items[size] = ordinal;
      scores[size++] = score;
      counts[bucket]++;
      above += bucket >= barBucket ? 1 : 0;
    }
    if (above - counts[barBucket] >= wanted) {
      do {
        above -= counts[barBucket++];
      } while (above - counts[barBucket] >= wanted);
      bar = scale > 0 ? least(barBucket) / scale : Float.NEGATIVE_INFINITY;
    }
  }

  private VectorIndex.Hits best(ListsVectorIndex.View view, float[] vector, int k) {
    float cut = bar * scale;
    int count = 0;
    for (int i = 0; i < size; i++) {
      if (!(scores[i] < cut)) {
        items[count++] = items[i];
      }
    }
    return best(view, vector, k, count);
  }

  /** The best of the first {@code count} items, by their vectors as they are now. */
  private VectorIndex.Hits best(ListsVectorIndex.View view, float[] vector, int k, int count) {
    if (keys.length < count) {
      keys = new long[count + (count >> 1)];
    }
    // Each row is some cache misses, and these few instructions have many of them under way.
    float touched = 0;
    for (int i = 0; i < count; i++) {
      float[] row = view.vector(items[i]);
      if (row != null) {
        for (int at = 0; at < row.length; at += LINE) {
          touched += row[at];
        }
      }
    }
    touch = touched;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      float[] row = view.vector(items[i]);
      if (row != null) {
        keys[kept++] = -BestItems.signedKey(GraphWalk.dot(row, 0, vector), items[i]);
      }
    }
    Arrays.sort(keys, 0, kept);
    int[] ordinals = new int[Math.min(k, kept)];
    float[] found = new float[ordinals.length];
    for (int i = 0; i < ordinals.length; i++) {
      ordinals[i] = BestItems.ordinal(-keys[i]);
      found[i] = BestItems.signedScore(-keys[i]);
    }
    return new VectorIndex.Hits(ordinals, found, !spent, visited);
  }

  /** Compares all that is admitted, in floats. */
  VectorIndex.Hits gather(
      ListsVectorIndex.View view,
      float[] vector,
      int k,
      VectorIndex.Budget budget,
      VectorIndex.Allowed only) {
    begin(view, vector, k, budget, only);
    int[] listed = only.listed();
    int many = listed == null ? view.vectors().length : listed.length;
    for (int i = 0; i < many && !spent; i++) {
      int ordinal = listed == null ? i : listed[i];
      if (view.vector(ordinal) != null && (listed != null || only.admits(ordinal))) {
        if (visited == items.length) {
          items = Arrays.copyOf(items, 2 * visited);
          scores = Arrays.copyOf(scores, 2 * visited);
        }
        items[visited++] = ordinal;
      }
      if (i % 256 == 0 || visited >= maxVisited) {
        spent =
            visited >= maxVisited
                || (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0);
      }
    }
    return best(view, vector, k, visited);
  }

  /** Those that search now or did; at most as many idle ones are kept as there are places. */
  static final class Pool {
    private final AtomicReferenceArray<@Nullable ListsSearch> idle = new AtomicReferenceArray<>(16);
    private final List<ListsSearch> all = new CopyOnWriteArrayList<>();

    ListsSearch take() {
      for (int i = 0; i < idle.length(); i++) {
        ListsSearch search = idle.getPlain(i) == null ? null : idle.getAndSet(i, null);
        if (search != null) {
          return search;
        }
      }
      ListsSearch search = new ListsSearch();
      all.add(search);
      return search;
    }

    void give(ListsSearch search) {
      search.reading = NOBODY;
      search.allowed = null;
      for (int i = 0; i < idle.length(); i++) {
        if (idle.getPlain(i) == null && idle.compareAndSet(i, null, search)) {
          return;
        }
      }
      all.remove(search);
    }

    /** The oldest version that somebody reads; {@link #NOBODY} when nobody does. */
    int oldest() {
      int oldest = NOBODY;
      for (ListsSearch search : all) {
        oldest = Math.min(oldest, search.reading);
      }
      return oldest;
    }
  }
}
