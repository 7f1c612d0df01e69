package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntIterator;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@link VectorIndex} of inverted lists that are updated in place: a vector that moves is in its
 * new lists when {@link #put} returns, and nothing ever has to be folded for it to be found.
 *
 * <p>Who writes what: {@link VectorLists} belongs to the writer, under the lock of this object,
 * which it shares with the ends of a training and with nobody else. Readers take one {@link View},
 * say which version they read, and never wait; the writer fills a place again only when nobody
 * reads a version in which something else was there. What comes back is scored by the vector as it
 * is now, and left out when it is gone.
 *
 * <p>Nothing survives a restart: the owner puts everything again, and {@link #fold} trains in some
 * 20 us a vector ({@code bench ann}).
 */
public final class ListsVectorIndex implements VectorIndex {

  private static final VarHandle ROWS = MethodHandles.arrayElementVarHandle(float[][].class);

  /** Admits asked about to tell whether a filter lets few through. */
  private static final int SAMPLE = 256;

  /**
   * Up to so many times k that are allowed are compared one by one: 1,050 of 10,506 cost 46 us with
   * k = 100 where lists take 135, 4,600 of 46,033 cost three times what lists do.
   */
  private static final int FEW_TIMES_K = 12;

  private static final int TRAIN_AT_LEAST = 1_024;

  /** Written vectors that the end of a training puts again while the writer waits. */
  private static final int LEFT_FOR_THE_END = 64;

  /** Times that a training catches up with a writer who does not wait. */
  private static final int ROUNDS = 16;

  /**
   * What a search reads.
   *
   * @param vectors by ordinal, as they are now; null for none
   * @param live vectors
   */
  record View(
      VectorLists lists, float @Nullable [][] vectors, float largestNorm, int live, int version) {

    float @Nullable [] vector(int ordinal) {
      return ordinal >= 0 && ordinal < vectors.length
          ? (float[]) ROWS.getAcquire(vectors, ordinal)
          : null;
    }
  }

  /**
   * How it is built and searched.
   *
   * @param length values of each vector; 0 when the first one decides
   * @param from vectors from which on it trains by itself; until it is trained all are compared
   * @param perRoot lists for each root of the number of vectors
   * @param reach deviations below the bar down to which lists are read, where a budget does not say
   * @param still relative L2 distance up to which a vector keeps its place
   * @param fewAllowed share of the vectors below which what a filter admits is compared one by one
   */
  public record Settings(
      int length, int from, double perRoot, double reach, double still, double fewAllowed) {

    /** {@code bench ann} has the figures for {@code perRoot} and {@code reach}. */
    public static final Settings USUAL = new Settings(0, 10_000, 4, 3.5, .02, .02);

    public Settings {
      if (length < 0 || from < 1 || !(perRoot > 0) || !(reach > 0) || !(still >= 0)) {
        throw new IllegalArgumentException(
            "length is %d, from %d, perRoot %s, reach %s, still %s, expected at least 0, at least 1, more than 0, more than 0, at least 0"
                .formatted(length, from, perRoot, reach, still));
      }
      if (!(fewAllowed >= 0 && fewAllowed <= 1)) {
        throw new IllegalArgumentException(
            "fewAllowed is %s, expected 0 to 1".formatted(fewAllowed));
      }
    }

    public Settings withLength(int values) {
      return new Settings(values, from, perRoot, reach, still, fewAllowed);
    }

    public Settings withFrom(int vectors) {
      return new Settings(length, vectors, perRoot, reach, still, fewAllowed);
    }
  }

  private final Settings settings;
  private final Executor background;
  private final ListsSearch.Pool searches = new ListsSearch.Pool();
  private volatile View view;

  /** By ordinal what its place was chosen for. Under the lock, as all below. */
  private float @Nullable [][] placed = new float[0][];

  private boolean training;
  private boolean closed;
  private int trainedSize;

  /** Ordinals that were written since the training under way began and are not in it yet. */
  private final IntOpenHashSet written = new IntOpenHashSet();

  private ListsVectorIndex(Settings settings, Executor background) {
    this.settings = settings;
    this.background = background;
    this.view = new View(new VectorLists(settings.length(), new float[0]), new float[0][], 0, 0, 0);
  }

  /**
   * An index without vectors.
   *
   * @param background runs trainings
   */
  public static ListsVectorIndex inMemory(Settings settings, Executor background) {
    return new ListsVectorIndex(settings, background);
  }

  @Override
  public int size() {
    return view.live();
  }

  @Override
  public int length() {
    return view.lists().length;
  }

  /** Lists that have a centroid; 0 before the first training. */
  public int lists() {
    return view.lists().count();
  }

  /** Vectors far from every centroid, which each search compares. */
  public int strays() {
    return view.lists().strays();
  }

  @Override
  public synchronized void put(int ordinal, float[] vector) {
    check(ordinal, vector);
    if (training) {
      written.add(ordinal);
    }
    View now = view;
    VectorLists lists =
        now.lists().length == 0 ? new VectorLists(vector.length, new float[0]) : now.lists();
    float[][] vectors = now.vectors();
    if (ordinal >= vectors.length) {
      int room = Math.max(ordinal + 1, vectors.length + (vectors.length >> 1));
      vectors = Arrays.copyOf(vectors, room);
      placed = Arrays.copyOf(placed, room);
    }
    float[] old = vectors[ordinal];
    float norm = Math.max(now.largestNorm(), (float) GraphFolder.norm(vector));
    boolean stays = old != null && still(placed[ordinal], vector);
    int version = stays ? now.version() : now.version() + 1;
    if (!stays) {
      // One who begins to read now reads the present version.
      int oldest = Math.min(searches.oldest(), now.version());
      lists.put(ordinal, vector, placed[ordinal], version, oldest);
      placed[ordinal] = vector;
    }
    ROWS.setRelease(vectors, ordinal, vector);
    if (!stays || norm > now.largestNorm()) {
      view = new View(lists, vectors, norm, now.live() + (old == null ? 1 : 0), version);
    }
    trainIfGrown();
  }

  private boolean still(float @Nullable [] was, float[] vector) {
    if (was == null) {
      return false;
    }
    double apart = 0;
    double square = 0;
    for (int i = 0; i < vector.length; i++) {
      double difference = vector[i] - was[i];
      apart += difference * difference;
      square += (double) was[i] * was[i];
    }
    return apart <= settings.still() * settings.still() * square;
  }

  private void check(int ordinal, float[] vector) {
    if (ordinal < 0) {
      throw new IllegalArgumentException(
          "item ordinal is %d, expected 0 or more".formatted(ordinal));
    }
    int length = view.lists().length;
    if (vector.length == 0 || (length != 0 && vector.length != length)) {
      throw new IllegalArgumentException(
          "vector of item %d has %d values, expected %s"
              .formatted(ordinal, vector.length, length == 0 ? "some" : length));
    }
    for (int i = 0; i < vector.length; i++) {
      if (!Float.isFinite(vector[i])) {
        throw new IllegalArgumentException(
            "vector of item %d has %s at place %d, expected a finite number"
                .formatted(ordinal, vector[i], i));
      }
    }
  }

  @Override
  public synchronized void remove(int ordinal) {
    View now = view;
    if (now.vector(ordinal) == null) {
      return;
    }
    if (training) {
      written.add(ordinal);
    }
    float[] was = placed[ordinal];
    if (was == null) {
      throw new IllegalStateException("item " + ordinal + " has a vector and no place");
    }
    now.lists().remove(ordinal, was, now.version() + 1);
    placed[ordinal] = null;
    ROWS.setRelease(now.vectors(), ordinal, null);
    view =
        new View(now.lists(), now.vectors(), now.largestNorm(), now.live() - 1, now.version() + 1);
  }

  @Override
  public synchronized void retain(IntPredicate wanted) {
    for (int ordinal = 0; ordinal < view.vectors().length; ordinal++) {
      if (view.vector(ordinal) != null && !wanted.test(ordinal)) {
        remove(ordinal);
      }
    }
  }

  @Override
  public float @Nullable [] vector(int ordinal) {
    float[] vector = view.vector(ordinal);
    return vector == null ? null : vector.clone();
  }

  @Override
  public Hits search(float[] query, int k, Budget budget, @Nullable Allowed allowed) {
    if (k < 1) {
      throw new IllegalArgumentException("k is %d, expected at least 1".formatted(k));
    }
    if (view.live() == 0) {
      return new Hits(new int[0], new float[0], true, 0);
    }
    if (query.length != length()) {
      throw new IllegalArgumentException(
          "query vector has %d values, expected %d".formatted(query.length, length()));
    }
    ListsSearch search = searches.take();
    try {
      View now = begin(search);
      if (allowed != null && few(now, k, allowed)) {
        return search.gather(now, query, k, budget, allowed);
      }
      float reach = budget.breadth() == 0 ? (float) settings.reach() : budget.breadth() / 100f;
      return search.search(now, query, k, reach, budget, allowed);
    } finally {
      searches.give(search);
    }
  }

  /** A view whose places the writer leaves alone until the search ends. */
  private View begin(ListsSearch search) {
    while (true) {
      View now = view;
      search.reading = now.version();
      if (view.version() == now.version()) {
        return now;
      }
    }
  }

  private boolean few(View now, int k, Allowed allowed) {
    if (allowed.listed() != null) {
      return allowed.expected() < Math.max(4 * k, now.live() / 4);
    }
    double share;
    if (allowed.expected() >= 0) {
      share = (double) allowed.expected() / now.live();
    } else {
      SplittableRandom random = new SplittableRandom(now.version());
      int asked = 0;
      int admitted = 0;
      for (int i = 0; i < SAMPLE; i++) {
        int ordinal = random.nextInt(now.vectors().length);
        if (now.vector(ordinal) != null) {
          asked++;
          admitted += allowed.admits(ordinal) ? 1 : 0;
        }
      }
      share = asked == 0 ? 0 : (double) admitted / asked;
    }
    return share < settings.fewAllowed() || share * now.live() < FEW_TIMES_K * k;
  }

  private void trainIfGrown() {
    View now = view;
    if (training || closed || now.live() < settings.from()) {
      return;
    }
    VectorLists lists = now.lists();
    boolean grown =
        lists.count() == 0
            || lists.strays() > TRAIN_AT_LEAST + now.live() / 20
            || lists.changes() > TRAIN_AT_LEAST + now.live()
            || now.live() > 2 * trainedSize;
    if (grown) {
      beginTraining();
      background.execute(this::train);
    }
  }

  private void beginTraining() {
    training = true;
    written.clear();
  }

  /**
   * Trains the lists anew and takes them into use: the same vectors give the same lists. Nothing
   * when a training is under way.
   */
  @Override
  public void fold() {
    synchronized (this) {
      if (training || closed || view.live() == 0) {
        return;
      }
      beginTraining();
    }
    train();
  }

  private void train() {
    boolean done = false;
    try {
      float[][] vectors;
      int live;
      synchronized (this) {
        // Rows are never changed, only replaced; what is replaced from here on is written.
        vectors = view.vectors().clone();
        live = view.live();
      }
      int count = (int) Math.min(settings.perRoot() * Math.sqrt(live), live / 16.0);
      float[] centroids =
          count == 0 ? new float[0] : ListsTraining.centroids(vectors, length(), count);
      Fresh fresh = new Fresh(new VectorLists(length(), centroids), vectors);
      fresh.lists.fill(vectors);
      for (int round = 1; ; round++) {
        Map<Integer, float @Nullable []> some;
        synchronized (this) {
          some = takeWritten();
          if (closed || some.size() <= LEFT_FOR_THE_END || round == ROUNDS) {
            fresh.take(some);
            if (!closed) {
              use(fresh);
            }
            training = false;
            done = true;
            return;
          }
        }
        // It takes less time than the training, so that less is written meanwhile.
        fresh.take(some);
      }
    } finally {
      if (!done) {
        synchronized (this) {
          training = false;
        }
      }
    }
  }

  /** Lists that nobody reads yet, and by ordinal what they hold. */
  private static final class Fresh {
    private final VectorLists lists;
    private float @Nullable [][] holds;

    private Fresh(VectorLists lists, float @Nullable [][] holds) {
      this.lists = lists;
      this.holds = holds;
    }

    /** Null for what is gone. */
    private void take(Map<Integer, float @Nullable []> written) {
      written.forEach((ordinal, vector) -> {
        if (ordinal >= holds.length) {
          holds = Arrays.copyOf(holds, Math.max(ordinal + 1, holds.length + (holds.length >> 1)));
        }
        float[] old = holds[ordinal];
        if (vector != null) {
          lists.put(ordinal, vector, old, 0, ListsSearch.NOBODY);
        } else if (old != null) {
          lists.remove(ordinal, old, 0);
        }
        holds[ordinal] = vector;
      });
    }
  }

  private Map<Integer, float @Nullable []> takeWritten() {
    Map<Integer, float @Nullable []> now = new TreeMap<>();
    for (IntIterator ordinals = written.iterator(); ordinals.hasNext(); ) {
      int ordinal = ordinals.nextInt();
      now.put(ordinal, view.vector(ordinal));
    }
    written.clear();
    return now;
  }

  private void use(Fresh fresh) {
    View old = view;
    placed = Arrays.copyOf(fresh.holds, old.vectors().length);
    trainedSize = old.live();
    view = new View(fresh.lists, old.vectors(), old.largestNorm(), old.live(), old.version() + 1);
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
