package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.Executor;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.jspecify.annotations.Nullable;

/**
 * A {@link VectorIndex} over Lucene's HNSW graph, walked by {@link GraphWalk}; what is new or moved
 * since the graph was built lies in a delta that every search scans. Until there are enough vectors
 * for a graph the delta is all there is.
 *
 * <p>Who writes what: {@link GraphState} belongs to the writer, under the lock of this object,
 * which it shares with the two ends of a fold and with nobody else. Readers take one {@link
 * GraphView} and never a lock. {@link #fold} runs on the thread that calls it, or on the background
 * executor when the delta has outgrown its share; searches and writes go on meanwhile.
 *
 * <p>What survives a restart: with a folder, the vectors as of the last fold. The owner puts
 * everything again after a restart (what is unchanged costs a comparison) and calls {@link
 * #retain}.
 */
public final class GraphVectorIndex implements VectorIndex {

  /** Admits asked about to tell whether a filter lets few through: enough to tell 4 % from 8 %. */
  private static final int SAMPLE = 256;

  private static final int FOLD_AT_LEAST = 1_024;

  private final VectorIndexSettings settings;
  private final GraphFolder.Shape shape;
  private final @Nullable GraphStore store;
  private final Executor background;
  private final GraphWalk.Pool walks = new GraphWalk.Pool();
  private GraphState state;
  private volatile GraphView view;
  private boolean folding;
  private boolean closed;

  /** Ordinals written since the fold under way began. */
  private final IntOpenHashSet written = new IntOpenHashSet();

  private GraphVectorIndex(
      VectorIndexSettings settings, @Nullable GraphStore store, Executor background) {
    this.settings = settings;
    this.shape = new GraphFolder.Shape(settings.connections(), settings.beam());
    this.store = store;
    this.background = background;
    WalkableGraph base = store == null ? null : store.open(settings.length(), shape);
    this.state =
        new GraphState(
            GraphView.of(base == null ? WalkableGraph.empty(settings.length()) : base, 0),
            settings.still());
    this.view = state.view();
  }

  /**
   * An index that keeps nothing on disk.
   *
   * @param background runs folds
   */
  public static GraphVectorIndex inMemory(VectorIndexSettings settings, Executor background) {
    return new GraphVectorIndex(settings, null, background);
  }

  /**
   * An index that keeps its graph in a folder, and begins with the one that is there; {@link
   * #reopened} says what was found. A folder that is torn, or of another shape, is emptied. One
   * process at a time.
   *
   * @throws UncheckedIOException when the folder cannot be read or written
   */
  public static GraphVectorIndex inFolder(
      Path folder, VectorIndexSettings settings, Executor background) {
    return new GraphVectorIndex(settings, new GraphStore(folder), background);
  }

  /** What the folder held at the start, in words; empty without a folder. */
  public String reopened() {
    return store == null ? "" : store.found();
  }

  @Override
  public int size() {
    return view.live();
  }

  @Override
  public int length() {
    return view.base().length();
  }

  /** Rows of the delta, which each search scans. */
  public int changed() {
    return view.deltaSize();
  }

  /** Nodes of the graph. */
  public int folded() {
    return view.base().size();
  }

  @Override
  public synchronized void put(int ordinal, float[] vector) {
    check(ordinal, vector);
    if (folding) {
      written.add(ordinal);
    }
    state.put(ordinal, vector.clone());
    view = state.view();
    foldIfGrown();
  }

  private void check(int ordinal, float[] vector) {
    if (ordinal < 0) {
      throw new IllegalArgumentException(
          "item ordinal is %d, expected 0 or more".formatted(ordinal));
    }
    int length = view.base().length();
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
    if (folding) {
      written.add(ordinal);
    }
    state.remove(ordinal);
    view = state.view();
  }

  @Override
  public synchronized void retain(IntPredicate wanted) {
    int most = view.slots().length;
    for (int ordinal = 0; ordinal < most; ordinal++) {
      if (view.slot(ordinal) >= 0 && !wanted.test(ordinal)) {
        remove(ordinal);
      }
    }
  }

  @Override
  public float @Nullable [] vector(int ordinal) {
    while (true) {
      GraphView now = view;
      int slot = now.slot(ordinal);
      if (slot < 0) {
        return null;
      }
      if (now.holds(slot, ordinal)) {
        return now.vector(slot);
      }
      // The writer is about to publish the view that holds it.
      Thread.onSpinWait();
    }
  }

  @Override
  public Hits search(float[] query, int k, Budget budget, @Nullable Allowed allowed) {
    if (k < 1) {
      throw new IllegalArgumentException("k is %d, expected at least 1".formatted(k));
    }
    GraphView now = view;
    int length = now.base().length();
    if (length == 0) {
      return new Hits(new int[0], new float[0], true, 0);
    }
    if (query.length != length) {
      throw new IllegalArgumentException(
          "query vector has %d values, expected %d".formatted(query.length, length));
    }
    GraphWalk walk = walks.take();
    try {
      int wide = budget.breadth() > 0 ? budget.breadth() : breadth(k);
      return few(now, allowed)
          ? walk.scan(now, query, k, budget, allowed)
          : walk.search(now, query, k, wide, budget, allowed);
    } finally {
      walks.give(walk);
    }
  }

  /**
   * Reaches .95 at k = 100 and 500 where norms differ much, the set {@code raw} of {@code bench
   * ann}; unit vectors need a third of it.
   */
  static int breadth(int k) {
    return k + 450;
  }

  private boolean few(GraphView now, @Nullable Allowed allowed) {
    int size = now.base().size();
    if (allowed == null || size == 0) {
      return false;
    }
    if (allowed.expected() >= 0) {
      return allowed.expected() < settings.fewAllowed();
    }
    int step = Math.max(1, size / SAMPLE);
    int asked = 0;
    int admitted = 0;
    for (int node = 0; node < size; node += step) {
      asked++;
      admitted += allowed.admits(now.base().ordinals()[node]) ? 1 : 0;
    }
    return (double) admitted / asked * size < settings.fewAllowed();
  }

  private void foldIfGrown() {
    GraphView now = view;
    if (!folding
        && !closed
        && now.live() >= settings.graphFrom()
        && now.deltaSize() >= Math.max(FOLD_AT_LEAST, settings.foldShare() * now.live())) {
      beginFold();
      background.execute(this::foldNow);
    }
  }

  private void beginFold() {
    folding = true;
    written.clear();
  }

  /**
   * Builds the graph anew and takes it into use. Nothing when a fold is under way already.
   *
   * @throws UncheckedIOException when the folder cannot be written: all goes on as it was
   */
  @Override
  public void fold() {
    synchronized (this) {
      if (folding || closed || view.live() == 0) {
        return;
      }
      beginFold();
    }
    foldNow();
  }

  private void foldNow() {
    WalkableGraph folded = null;
    try {
      // What is written from here on is in the set of the written, and put again at the end.
      folded = build(view);
    } catch (IOException e) {
      throw new UncheckedIOException("graph cannot be folded", e);
    } finally {
      endFold(folded);
    }
  }

  private WalkableGraph build(GraphView from) throws IOException {
    // Read three times: small moves may come between, no vector goes or comes.
    Supplier<LiveRows> rows = () -> new LiveRows(from);
    if (store != null) {
      return store.build(shape, rows);
    }
    try (Directory directory = new ByteBuffersDirectory()) {
      GraphFolder.build(directory, shape, rows);
      return GraphFolder.read(directory, shape);
    }
  }

  /** All rows that count in a view: the graph's in its own order, then the delta's. */
  private static final class LiveRows implements GraphFolder.Vectors {
    private final GraphView from;
    private int slot = -1;

    LiveRows(GraphView from) {
      this.from = from;
    }

    @Override
    public int next() {
      int size = from.base().size();
      while (++slot < size) {
        if (from.currentNode(slot)) {
          return from.base().ordinals()[slot];
        }
      }
      for (; slot - size < from.deltaSize(); slot++) {
        if (from.currentRow(slot - size)) {
          return from.deltaOrdinals()[slot - size];
        }
      }
      return -1;
    }

    @Override
    public float[] vector() {
      return from.vector(slot);
    }
  }

  private synchronized void endFold(@Nullable WalkableGraph folded) {
    folding = false;
    if (folded == null || closed) {
      return;
    }
    GraphView old = view;
    // Made whole before anybody sees it.
    GraphState fresh = new GraphState(GraphView.of(folded, old.version() + 1), settings.still());
    for (int ordinal : written) {
      int slot = old.slot(ordinal);
      if (slot < 0) {
        fresh.remove(ordinal);
      } else {
        fresh.put(ordinal, old.vector(slot));
      }
    }
    written.clear();
    state = fresh;
    view = fresh.view();
  }

  @Override
  public synchronized void close() {
    closed = true;
  }
}
