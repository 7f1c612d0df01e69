package io.millrace.index;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which items were chosen after which: directed pairs with integer sums by block of 30 days, and
 * beside them what readers use, the sums decayed with a half-life of 120 days from the middle of
 * their block.
 *
 * <p>Formula: w = sum over blocks of sum * 2^((middle - landmark) / 120 d) / 1,024, newest block
 * first; a reader multiplies by 2^((landmark - now) / 120 d). The landmark is the watermark rounded
 * down to 16 years (a float holds 41 more years below it). Blocks are never merged: at this
 * half-life there are few that matter. None goes.
 *
 * <p>Writer thread only, but for {@link View}.
 */
final class Postings {

  static final double HALF_LIFE_MS = 120 * 86_400_000.0;
  private static final long LANDMARK_STEP_MS = 5_844L * 86_400_000L;
  private static final int BLOCK_DAYS = 30;
  private static final double UNIT = 1.0 / 1_024;

  /** Blocks whose weight is known, 84 years: those that share a place push each other out. */
  private static final int REMEMBERED = 1_024;

  /** Numbers of each item in {@link View#links}: out weight, out session weight, in weight. */
  static final int OUT = 0;

  static final int OUT_SESSION = 1;
  static final int IN = 2;

  /** Of what the writer keeps alone. */
  private static final int IN_SESSION = 3;

  static final int LINKS = 4;

  private static final VarHandle POSTING = MethodHandles.arrayElementVarHandle(Posting[].class);
  private static final VarHandle INCOMING =
      MethodHandles.arrayElementVarHandle(Posting.Incoming[].class);

  /**
   * What readers see of pairs. Any thread.
   *
   * @param links {@link #LINKS} numbers by ordinal
   */
  record View(Posting[] postings, Posting.Incoming[] incoming, float[] links, long landmarkMs) {

    @Nullable Posting posting(int ordinal) {
      return ordinal < postings.length ? (Posting) POSTING.getAcquire(postings, ordinal) : null;
    }

    Posting.@Nullable Incoming incoming(int ordinal) {
      return ordinal < incoming.length
          ? (Posting.Incoming) INCOMING.getAcquire(incoming, ordinal)
          : null;
    }

    /** What a weight relative to the landmark is worth now. */
    double decay(long nowMs) {
      return StrictMath.pow(2, (landmarkMs - nowMs) / HALF_LIFE_MS);
    }
  }

  private View view;
  private final PairCells cells = new PairCells();

  /** First cell of each item's sums as a predecessor and as a successor, -1 for none. */
  private int[] outCells = {};

  private int[] inCells = {};

  /**
   * By item, as {@link View#links}, what the sums of all blocks but the newest weigh; NaN in the
   * place of the weight where that has to be found again.
   */
  private double[] older = {};

  private boolean[] isTouched = {};
  private final IntArrayList touched = new IntArrayList();
  private final double[] blockWeights = new double[REMEMBERED];
  private final int[] blockTags = new int[REMEMBERED];
  private long pairs;
  private double weighed;
  private double weighedSession;

  Postings() {
    view = new View(new Posting[0], new Posting.Incoming[0], new float[0], 0);
    Arrays.fill(blockTags, Integer.MIN_VALUE);
  }

  View view() {
    return view;
  }

  void ensure(int capacity) {
    int had = outCells.length;
    if (capacity <= had) {
      return;
    }
    outCells = Arrays.copyOf(outCells, capacity);
    inCells = Arrays.copyOf(inCells, capacity);
    isTouched = Arrays.copyOf(isTouched, capacity);
    older = Arrays.copyOf(older, capacity * LINKS);
    Arrays.fill(older, had * LINKS, capacity * LINKS, Double.NaN);
    Arrays.fill(outCells, had, capacity, -1);
    Arrays.fill(inCells, had, capacity, -1);
    view =
        new View(
            Arrays.copyOf(view.postings(), capacity),
            Arrays.copyOf(view.incoming(), capacity),
            Arrays.copyOf(view.links(), capacity * LINKS),
            view.landmarkMs());
  }

  /** Distinct pairs. */
  long pairs() {
    return pairs;
  }

  static int block(int day) {
    return Math.floorDiv(day, BLOCK_DAYS);
  }

  /** Where the successor stands in the predecessor's posting, for good; -1 while nowhere. */
  int place(int predecessor, int successor) {
    Posting posting = view.postings()[predecessor];
    return posting == null ? -1 : posting.find(successor);
  }

  /**
   * Adds to a pair.
   *
   * @param place of {@link #place}, or -1
   */
  void add(int predecessor, int successor, int place, int block, long weight, long session) {
    Posting posting = place < 0 ? withRoom(predecessor, successor) : posting(predecessor);
    int at = place < 0 ? placed(posting, predecessor, successor) : place;
    sum(posting, at, predecessor, successor, block, weight, session);
    posting.weigh(at, (float) weighed, (float) weighedSession);
  }

  /**
   * Sums of the pairs of one predecessor, as {@link #forEach} gives them; filled again and again.
   */
  static final class Row {
    private int[] successors = new int[256];
    private int[] blocks = new int[256];
    private long[] weights = new long[256];
    private long[] sessions = new long[256];
    private int size;
    private int distinct;

    boolean isEmpty() {
      return size == 0;
    }

    void clear() {
      size = 0;
      distinct = 0;
    }

    void add(int successor, int block, long weight, long session) {
      if (size == successors.length) {
        int room = size + (size >> 1);
        successors = Arrays.copyOf(successors, room);
        blocks = Arrays.copyOf(blocks, room);
        weights = Arrays.copyOf(weights, room);
        sessions = Arrays.copyOf(sessions, room);
      }
      if (size == 0 || successors[size - 1] != successor) {
        distinct++;
      }
      successors[size] = successor;
      blocks[size] = block;
      weights[size] = weight;
      sessions[size++] = session;
    }
  }

  /**
   * Takes all pairs of a predecessor that has none yet, before anybody reads: none is looked for,
   * and only {@link #settle} finds the strongest.
   */
  void load(int predecessor, Row row) {
    if (view.postings()[predecessor] != null) {
      throw new IllegalArgumentException("pairs of item " + predecessor + " come in two parts");
    }
    Posting posting = new Posting(Math.max(4, row.distinct));
    int place = -1;
    for (int i = 0; i < row.size; i++) {
      int successor = row.successors[i];
      if (i == 0 || row.successors[i - 1] != successor) {
        place = appended(posting, predecessor, successor);
      }
      sum(posting, place, predecessor, successor, row.blocks[i], row.weights[i], row.sessions[i]);
      posting.weighUnsorted(place, (float) weighed, (float) weighedSession);
    }
    POSTING.setRelease(view.postings(), predecessor, posting);
  }

  /** The posting of a predecessor, in which the successor is or has room. */
  private Posting withRoom(int predecessor, int successor) {
    Posting posting = view.postings()[predecessor];
    if (posting == null || (posting.full() && posting.find(successor) < 0)) {
      posting = posting == null ? new Posting(4) : posting.grown();
      POSTING.setRelease(view.postings(), predecessor, posting);
    }
    return posting;
  }

  private Posting posting(int predecessor) {
    return Objects.requireNonNull(view.postings()[predecessor]);
  }

  /** Place of the successor, which is appended if it is not there. */
  private int placed(Posting posting, int predecessor, int successor) {
    int place = posting.find(successor);
    return place < 0 ? appended(posting, predecessor, successor) : place;
  }

  private int appended(Posting posting, int predecessor, int successor) {
    int place = posting.append(successor);
    pairs++;
    Posting.Incoming incoming = view.incoming()[successor];
    if (incoming == null) {
      incoming = new Posting.Incoming();
      INCOMING.setRelease(view.incoming(), successor, incoming);
    }
    incoming.add(predecessor, place);
    return place;
  }

  /** Adds to the sums of a pair and weighs them. */
  private void sum(
      Posting posting,
      int place,
      int predecessor,
      int successor,
      int block,
      long weight,
      long session) {
    posting.cells[place] = cells.add(posting.cells[place], block, weight, session);
    addLink(outCells, predecessor, OUT, block, weight, session);
    addLink(inCells, successor, IN, block, weight, session);
    touch(predecessor);
    touch(successor);
    weigh(posting.cells[place]);
  }

  private void addLink(int[] firsts, int ordinal, int link, int block, long weight, long session) {
    int before = firsts[ordinal];
    int first = cells.add(before, block, weight, session);
    firsts[ordinal] = first;
    if (first != before || cells.block(first) != block) {
      older[ordinal * LINKS + link] = Double.NaN;
    }
  }

  private void touch(int ordinal) {
    if (!isTouched[ordinal]) {
      isTouched[ordinal] = true;
      touched.add(ordinal);
    }
  }

  /** Weighs the sums by item of what was touched, and shows the strongest of its successors. */
  void settle() {
    for (int i = 0; i < touched.size(); i++) {
      int ordinal = touched.getInt(i);
      isTouched[ordinal] = false;
      weighLinks(ordinal, view.links());
      Posting posting = view.postings()[ordinal];
      if (posting != null) {
        posting.settle();
      }
    }
    touched.clear();
  }

  private void weighLinks(int ordinal, float[] links) {
    int at = ordinal * LINKS;
    weighLink(outCells[ordinal], at + OUT, at + OUT_SESSION);
    links[at + OUT] = (float) weighed;
    links[at + OUT_SESSION] = (float) weighedSession;
    weighLink(inCells[ordinal], at + IN, at + IN_SESSION);
    links[at + IN] = (float) weighed;
  }

  /** Weighs a chain, of which the newest block is what usually changed. */
  private void weighLink(int first, int weight, int session) {
    if (first < 0) {
      weigh(first);
      return;
    }
    if (Double.isNaN(older[weight])) {
      weigh(cells.next(first));
      older[weight] = weighed;
      older[session] = weighedSession;
    }
    double unit = blockWeight(cells.block(first));
    weighed = cells.weight(first) * unit + older[weight];
    weighedSession = cells.session(first) * unit + older[session];
  }

  private void weigh(int first) {
    double weight = 0;
    double session = 0;
    for (int cell = first; cell >= 0; cell = cells.next(cell)) {
      double unit = blockWeight(cells.block(cell));
      weight += cells.weight(cell) * unit;
      session += cells.session(cell) * unit;
    }
    weighed = weight;
    weighedSession = session;
  }

  private double blockWeight(int block) {
    int place = block & (REMEMBERED - 1);
    if (blockTags[place] != block) {
      double middle = (block + 0.5) * BLOCK_DAYS * 86_400_000.0;
      blockWeights[place] = UNIT * StrictMath.pow(2, (middle - view.landmarkMs()) / HALF_LIFE_MS);
      blockTags[place] = block;
    }
    return blockWeights[place];
  }

  /** Weighs everything anew when the watermark has passed the next landmark. */
  void moveTo(long watermarkMs) {
    long landmark = Math.floorDiv(watermarkMs, LANDMARK_STEP_MS) * LANDMARK_STEP_MS;
    if (landmark == view.landmarkMs()) {
      return;
    }
    Arrays.fill(blockTags, Integer.MIN_VALUE);
    Arrays.fill(older, Double.NaN);
    int capacity = outCells.length;
    Posting[] postings = new Posting[capacity];
    float[] links = new float[capacity * LINKS];
    Posting[] before = view.postings();
    view = new View(postings, view.incoming(), links, landmark);
    for (int ordinal = 0; ordinal < capacity; ordinal++) {
      Posting old = before[ordinal];
      if (old != null) {
        Posting posting = old.copy();
        for (int i = 0; i < posting.size(); i++) {
          weigh(posting.cells[i]);
          posting.weights[i] = (float) weighed;
          posting.sessions[i] = (float) weighedSession;
        }
        posting.choose();
        POSTING.setRelease(postings, ordinal, posting);
      }
      weighLinks(ordinal, links);
    }
  }

  /** One pair's sum in one block. */
  interface Sink {
    void pair(int predecessor, int successor, int block, long weight, long session);
  }

  /** Every sum that is not zero, by predecessor, then successor, then newest block first. */
  void forEach(Sink sink) {
    for (int predecessor = 0; predecessor < outCells.length; predecessor++) {
      Posting posting = view.postings()[predecessor];
      if (posting == null) {
        continue;
      }
      long[] order = new long[posting.size()];
      for (int i = 0; i < order.length; i++) {
        order[i] = (long) posting.successors[i] << 32 | i;
      }
      Arrays.sort(order);
      for (long entry : order) {
        for (int cell = posting.cells[(int) entry]; cell >= 0; cell = cells.next(cell)) {
          if (cells.weight(cell) != 0 || cells.session(cell) != 0) {
            sink.pair(
                predecessor,
                (int) (entry >> 32),
                cells.block(cell),
                cells.weight(cell),
                cells.session(cell));
          }
        }
      }
    }
  }
}
