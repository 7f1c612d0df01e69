package io.millrace.index;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * One search over a {@link GraphView}: scans what changed since the graph was built, walks the
 * graph, computes the best again in floats. Owned by one thread from {@link Pool#take} to {@link
 * Pool#give}.
 *
 * <p>Glossary (Malkov, Yashunin 2018): ef = {@code breadth}. Departures from the paper's search:
 * two nodes are expanded a step and their links compared in one batch, so that cache misses
 * overlap; candidates wait in buckets by rounded score rather than in heaps; everything compared
 * stays a result, so that breadth may be smaller than k.
 */
final class GraphWalk {

  private static final int BUCKETS = 4_096;
  private static final int BATCH = 128;

  /** From an earlier trial: below 1.1 the rounding of codes cost recall at .99. */
  private static final double RESCORED = 1.15;

  /** Steps or batches between two looks at the clock, some 25 ns each. */
  private static final int CLOCK_EVERY = 8;

  /**
   * Steps that a band is given to find something good enough, where earlier bands have set the bar.
   */
  private static final int PATIENCE = 4;

  /** Room for the rounding of codes in the bound of a band; chosen. */
  private static final float ROUNDING = 1.02f;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private long[] met = {};
  private int[] slots = new int[4_096];

  /** Bucket of each entry; negative (its complement) when it must not come back. */
  private int[] buckets = new int[4_096];

  private int[] next = new int[4_096];
  private int entries;
  private final int[] heads = new int[BUCKETS];
  private final int[] counts = new int[BUCKETS];
  private final long[] waiting = new long[BUCKETS / 64];
  private int highest;
  private int bar;
  private int above;
  private int breadth;
  private final int[] batch = new int[BATCH];
  private final int[] sums = new int[BATCH];
  private short[] query = {};
  private float queryScale;
  private float spread;
  private float queryNorm;

  /** Expansions in a band that may go on finding nothing good enough. */
  private int patience;

  private int visited;
  private int maxVisited;
  private long deadline;
  private boolean spent;
  private GraphView view = GraphView.NONE;
  private VectorIndex.@Nullable Allowed allowed;
  private final BestItems best = new BestItems();

  private void begin(
      GraphView from,
      float[] vector,
      int wide,
      VectorIndex.Budget budget,
      VectorIndex.@Nullable Allowed only) {
    view = from;
    allowed = only;
    breadth = wide;
    entries = 0;
    visited = 0;
    spent = false;
    bar = 0;
    above = 0;
    highest = 0;
    maxVisited = budget.maxVisited();
    deadline =
        budget.maxNanos() == Long.MAX_VALUE
            ? Long.MAX_VALUE
            : System.nanoTime() + budget.maxNanos();
    int stride = ByteRows.stride(vector.length);
    if (query.length != stride) {
      query = new short[stride];
    }
    queryScale = ByteRows.encodeQuery(vector, query);
    queryNorm = (float) GraphFolder.norm(vector);
    float most = queryNorm * from.largestNorm();
    // No score is outside of -most to most.
    spread = most > 0 ? queryScale * (BUCKETS / 2 - 1) / most : 0;
    Arrays.fill(heads, -1);
    Arrays.fill(counts, 0);
    Arrays.fill(waiting, 0);
  }

  VectorIndex.Hits search(
      GraphView from,
      float[] vector,
      int k,
      int wide,
      VectorIndex.Budget budget,
      VectorIndex.@Nullable Allowed only) {
    begin(from, vector, wide, budget, only);
    scanDelta();
    if (from.base().size() > 0 && !spent) {
      walk();
    }
    return best(vector, k);
  }

  /** Compares all that is allowed. */
  VectorIndex.Hits scan(
      GraphView from,
      float[] vector,
      int k,
      VectorIndex.Budget budget,
      VectorIndex.@Nullable Allowed only) {
    begin(from, vector, k, budget, only);
    scanDelta();
    int count = 0;
    WalkableGraph base = from.base();
    int @Nullable [] listed = only == null ? null : only.listed();
    if (listed != null) {
      for (int ordinal : listed) {
        int node = base.node(ordinal);
        if (node >= 0) {
          batch[count++] = node;
          if (count == BATCH) {
            count = flush(count);
          }
        }
      }
    } else {
      int[] ordinals = base.ordinals();
      for (int node = 0; node < ordinals.length && !spent; node++) {
        if (only == null || only.admits(ordinals[node])) {
          batch[count++] = node;
          if (count == BATCH) {
            count = flush(count);
          }
        }
      }
    }
    flush(count);
    return best(vector, k);
  }

  /** Compares the first of the batch and keeps them as results that lead nowhere. */
  private int flush(int count) {
    if (count > 0 && !spent) {
      compare(count);
      for (int i = 0; i < count; i++) {
        int node = batch[i];
        if (view.currentNode(node)) {
          keep(node, bucket(sums[i] * view.base().scales()[node]));
        }
      }
      look();
    }
    return 0;
  }

  private void scanDelta() {
    GraphView from = view;
    int size = from.deltaSize();
    int[] ordinals = from.deltaOrdinals();
    int stride = query.length;
    int base = from.base().size();
    for (int first = 0; first < size && !spent; ) {
      int count = 0;
      while (first < size && count < BATCH) {
        if (from.currentRow(first) && (allowed == null || allowed.admits(ordinals[first]))) {
          batch[count++] = first;
        }
        first++;
      }
      ByteRows.dots(from.deltaCodes(), stride, query, batch, count, sums);
      visited += count;
      for (int i = 0; i < count; i++) {
        keep(base + batch[i], bucket(sums[i] * from.deltaScales()[batch[i]]));
      }
      look();
    }
  }

  /** Whether to go on. */
  private void look() {
    spent =
        spent
            || visited >= maxVisited
            || (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0);
  }

  private void compare(int count) {
    ByteRows.dots(view.base().codes(), query.length, query, batch, count, sums);
    visited += count;
  }

  private int bucket(float sum) {
    int bucket = BUCKETS / 2 + (int) (sum * spread);
    return Math.max(0, Math.min(BUCKETS - 1, bucket));
  }

  /** A result that nothing is looked for behind. */
  private void keep(int slot, int bucket) {
    ensure(1);
    slots[entries] = slot;
    buckets[entries++] = bucket;
    count(bucket);
  }

  private void count(int bucket) {
    counts[bucket]++;
    if (bucket >= bar) {
      above++;
      while (above - counts[bar] >= breadth) {
        above -= counts[bar];
        bar++;
      }
    }
  }

  private void ensure(int more) {
    if (entries + more > slots.length) {
      int room = Math.max(entries + more, 2 * slots.length);
      slots = Arrays.copyOf(slots, room);
      buckets = Arrays.copyOf(buckets, room);
      next = Arrays.copyOf(next, room);
    }
  }

  private void walk() {
    WalkableGraph base = view.base();
    int words = (base.size() + 63) >> 6;
    if (met.length < words) {
      met = new long[words];
    } else {
      Arrays.fill(met, 0, words, 0);
    }
    for (WalkableGraph.Band band : base.bands()) {
      if (spent || bound(band) < bar) {
        // Nor can a vector of the later ones be good enough: their norms are smaller.
        return;
      }
      if (band.walked()) {
        walk(base, band);
      } else {
        scan(band.from(), band.to());
      }
    }
  }

  /**
   * The highest bucket that a vector of the band may have; rounding of codes taken into account.
   */
  private int bound(WalkableGraph.Band band) {
    return bucket(queryNorm * band.largestNorm() * ROUNDING / queryScale);
  }

  private void scan(int from, int to) {
    int count = 0;
    for (int node = from; node < to && !spent; node++) {
      if (allowed == null || allowed.admits(view.base().ordinals()[node])) {
        batch[count++] = node;
        if (count == BATCH) {
          count = flush(count);
        }
      }
    }
    flush(count);
  }

  private void walk(WalkableGraph base, WalkableGraph.Band band) {
    // What waits of the band before is not good enough any more.
    Arrays.fill(heads, -1);
    Arrays.fill(waiting, 0);
    highest = 0;
    patience = PATIENCE;
    int start = descend(base, band);
    batch[0] = start;
    met[start >> 6] |= 1L << start;
    meet(base, 1);
    int[] links = base.links();
    int stride = base.stride();
    int left = CLOCK_EVERY;
    while (true) {
      int first = pop();
      if (first < 0) {
        return;
      }
      int count = gather(links, first * stride, stride, 0);
      int second = pop();
      if (second >= 0) {
        count = gather(links, second * stride, stride, count);
      }
      patience--;
      meet(base, count);
      if (visited >= maxVisited || --left == 0) {
        left = CLOCK_EVERY;
        look();
        if (spent) {
          return;
        }
      }
    }
  }

  /** Node near the query to begin from, by greedy steps on the upper levels. */
  private int descend(WalkableGraph base, WalkableGraph.Band band) {
    WalkableGraph.Level[] upper = band.upper();
    if (upper.length == 0) {
      return band.from();
    }
    int place = upper[upper.length - 1].entry();
    for (int l = upper.length - 1; l >= 0; l--) {
      WalkableGraph.Level level = upper[l];
      int[] ground = level.ground();
      int[] links = level.links();
      batch[0] = ground[place];
      compare(1);
      float most = sums[0] * base.scales()[batch[0]];
      for (boolean better = true; better; ) {
        better = false;
        int at = place * level.stride();
        int count = 0;
        while (count < level.stride() && links[at + count] >= 0) {
          batch[count] = ground[links[at + count]];
          count++;
        }
        compare(count);
        for (int i = 0; i < count; i++) {
          float score = sums[i] * base.scales()[batch[i]];
          if (score > most) {
            most = score;
            place = links[at + i];
            better = true;
          }
        }
      }
      place = level.below()[place];
    }
    return place;
  }

  private int gather(int[] links, int from, int stride, int count) {
    long[] seen = met;
    int[] into = batch;
    int at = count;
    for (int i = from; i < from + stride; i++) {
      int node = links[i];
      if (node < 0) {
        break;
      }
      long bit = 1L << node;
      long word = seen[node >> 6];
      if ((word & bit) == 0) {
        seen[node >> 6] = word | bit;
        into[at++] = node;
      }
    }
    return at;
  }

  /** Compares the batch; each becomes a result, and waits to be expanded if it may lead on. */
  private void meet(WalkableGraph base, int count) {
    compare(count);
    ensure(count);
    float[] scales = base.scales();
    for (int i = 0; i < count; i++) {
      int node = batch[i];
      int bucket = bucket(sums[i] * scales[node]);
      boolean fits =
          view.currentNode(node) && (allowed == null || allowed.admits(base.ordinals()[node]));
      int entry = entries++;
      slots[entry] = node;
      buckets[entry] = fits ? bucket : ~bucket;
      boolean good = bucket >= bar;
      if (good || patience > 0) {
        next[entry] = heads[bucket];
        heads[bucket] = entry;
        waiting[bucket >> 6] |= 1L << bucket;
        highest = Math.max(highest, bucket >> 6);
      }
      if (fits) {
        count(bucket);
        if (good) {
          patience = PATIENCE;
        }
      }
    }
  }

  /** The best node that waits, -1 when none is as good as the worst that counts. */
  private int pop() {
    int word = highest;
    while (word >= 0 && waiting[word] == 0) {
      word--;
    }
    highest = Math.max(0, word);
    if (word < 0) {
      return -1;
    }
    int bucket = (word << 6) + 63 - Long.numberOfLeadingZeros(waiting[word]);
    if (bucket < bar && patience <= 0) {
      return -1;
    }
    int entry = heads[bucket];
    int after = next[entry];
    heads[bucket] = after;
    if (after < 0) {
      waiting[word] &= ~(1L << bucket);
    }
    return slots[entry];
  }

  private VectorIndex.Hits best(float[] vector, int k) {
    int wanted = (int) Math.ceil(k * RESCORED) + 8;
    int cut = BUCKETS;
    for (int sum = 0; cut > 0 && sum < wanted; ) {
      sum += counts[--cut];
    }
    best.begin(k);
    WalkableGraph base = view.base();
    int length = base.length();
    for (int i = 0; i < entries; i++) {
      if (buckets[i] >= cut) {
        int slot = slots[i];
        int node = slot - base.size();
        float[] moved = node < 0 ? view.movedNode(slot) : view.movedRow(node);
        float score;
        if (moved != null) {
          score = dot(moved, 0, vector);
        } else if (node < 0) {
          score = dot(base.rows(), slot * length, vector);
        } else {
          score = dot(view.deltaRows(), node * length, vector);
        }
        best.offer(
            BestItems.signedKey(
                score, node < 0 ? base.ordinals()[slot] : view.deltaOrdinals()[node]));
      }
    }
    long[] keys = best.sorted();
    int[] ordinals = new int[keys.length];
    float[] scores = new float[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ordinals[i] = BestItems.ordinal(keys[i]);
      scores[i] = BestItems.signedScore(keys[i]);
    }
    return new VectorIndex.Hits(ordinals, scores, !spent, visited);
  }

  static float dot(float[] rows, int from, float[] vector) {
    int lanes = SPECIES.length();
    int length = vector.length;
    int i = 0;
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    for (; i + 2 * lanes <= length; i += 2 * lanes) {
      a =
          FloatVector.fromArray(SPECIES, rows, from + i)
              .fma(FloatVector.fromArray(SPECIES, vector, i), a);
      b =
          FloatVector.fromArray(SPECIES, rows, from + i + lanes)
              .fma(FloatVector.fromArray(SPECIES, vector, i + lanes), b);
    }
    float sum = a.add(b).reduceLanes(VectorOperators.ADD);
    for (; i < length; i++) {
      sum = Math.fma(rows[from + i], vector[i], sum);
    }
    return sum;
  }

  /** At most as many idle ones are kept as there are places. */
  static final class Pool {
    private final AtomicReferenceArray<@Nullable GraphWalk> idle = new AtomicReferenceArray<>(16);

    GraphWalk take() {
      for (int i = 0; i < idle.length(); i++) {
        GraphWalk walk = idle.getPlain(i) == null ? null : idle.getAndSet(i, null);
        if (walk != null) {
          return walk;
        }
      }
      return new GraphWalk();
    }

    void give(GraphWalk walk) {
      walk.view = GraphView.NONE;
      walk.allowed = null;
      for (int i = 0; i < idle.length(); i++) {
        if (idle.getPlain(i) == null && idle.compareAndSet(i, null, walk)) {
          return;
        }
      }
    }
  }
}
