package io.millrace.index;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@link VectorIndex} that compares every vector in floats: exact, and the same bits on every
 * machine. One thread writes and owns all fields; readers take one view.
 */
public final class ScannedVectors implements VectorIndex {

  /** Blocks of 64 between two looks at the clock. */
  private static final int CLOCK_EVERY = 16;

  /**
   * @param slots current slot by ordinal, -1 for none; the writer goes on changing it
   */
  record View(VectorBlocks.View blocks, int[] slots, int size) {}

  private final VectorBlocks blocks;
  private int size;
  private volatile View view;

  /** The first vector decides the length. */
  public ScannedVectors() {
    this(0);
  }

  /**
   * @param length of every vector; 0 when the first one decides
   */
  public ScannedVectors(int length) {
    blocks = new VectorBlocks(length);
    view = new View(blocks.view(), new int[0], 0);
  }

  @Override
  public void put(int ordinal, float[] vector) {
    if (ordinal < 0) {
      throw new IllegalArgumentException(
          "item ordinal is %d, expected 0 or more".formatted(ordinal));
    }
    if (vector.length == 0 || (blocks.length() != 0 && vector.length != blocks.length())) {
      throw new IllegalArgumentException(
          "vector of item %d has %d values, expected %s"
              .formatted(ordinal, vector.length, blocks.length() == 0 ? "some" : blocks.length()));
    }
    for (int i = 0; i < vector.length; i++) {
      if (!Float.isFinite(vector[i])) {
        throw new IllegalArgumentException(
            "vector of item %d has %s at place %d, expected a finite number"
                .formatted(ordinal, vector[i], i));
      }
    }
    size += blocks.has(ordinal) ? 0 : 1;
    blocks.put(ordinal, new ItemFacts.Vector(vector));
    publish();
  }

  private void publish() {
    view = new View(blocks.view(), blocks.slots(), size);
  }

  @Override
  public void remove(int ordinal) {
    if (blocks.has(ordinal)) {
      blocks.put(ordinal, ItemFacts.Vector.NONE);
      size--;
      publish();
    }
  }

  @Override
  public void retain(IntPredicate wanted) {
    for (int ordinal = 0; ordinal < blocks.slots().length; ordinal++) {
      if (blocks.has(ordinal) && !wanted.test(ordinal)) {
        remove(ordinal);
      }
    }
  }

  @Override
  public float @Nullable [] vector(int ordinal) {
    while (true) {
      View now = view;
      int slot = ordinal >= 0 && ordinal < now.slots.length ? now.slots[ordinal] : -1;
      if (slot < 0) {
        return null;
      }
      if (slot < now.blocks.size() && now.blocks.ordinals()[slot] == ordinal) {
        float[] vector = new float[now.blocks.length()];
        for (int i = 0; i < vector.length; i++) {
          vector[i] = now.blocks.value(slot, i);
        }
        return vector;
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
    VectorBlocks.View vectors = view.blocks;
    if (vectors.length() == 0) {
      return new Hits(new int[0], new float[0], true, 0);
    }
    if (query.length != vectors.length()) {
      throw new IllegalArgumentException(
          "query vector has %d values, expected %d".formatted(query.length, vectors.length()));
    }
    long begin = budget.maxNanos() == Long.MAX_VALUE ? 0 : System.nanoTime();
    BestItems best = new BestItems();
    best.begin(k);
    float[] scores = new float[VectorBlocks.BLOCK];
    int visited = 0;
    boolean complete = true;
    for (int block = 0; block * VectorBlocks.BLOCK < vectors.size(); block++) {
      if (visited >= budget.maxVisited()
          || (budget.maxNanos() != Long.MAX_VALUE
              && block % CLOCK_EVERY == 0
              && System.nanoTime() - begin > budget.maxNanos())) {
        complete = false;
        break;
      }
      vectors.scores(block, query, scores);
      visited += Math.min(VectorBlocks.BLOCK, vectors.size() - block * VectorBlocks.BLOCK);
      vectors.offer(block, scores, 0, best, allowed);
    }
    long[] keys = best.sorted();
    int[] ordinals = new int[keys.length];
    float[] found = new float[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ordinals[i] = BestItems.ordinal(keys[i]);
      found[i] = BestItems.signedScore(keys[i]);
    }
    return new Hits(ordinals, found, complete, visited);
  }

  /** What searches see now. Any thread. */
  View now() {
    return view;
  }

  /** Nothing to do. */
  @Override
  public void fold() {}

  @Override
  public int size() {
    return view.size;
  }

  @Override
  public int length() {
    return view.blocks.length();
  }

  /** Nothing to do. */
  @Override
  public void close() {}
}
