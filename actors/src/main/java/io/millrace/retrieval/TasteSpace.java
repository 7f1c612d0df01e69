package io.millrace.retrieval;

import io.millrace.index.GenerationVectors;
import io.millrace.index.ItemFacts;
import io.millrace.index.ScannedVectors;
import io.millrace.index.VectorIndex;
import io.millrace.item.ItemIds;
import io.millrace.model.taste.Content;
import io.millrace.model.taste.ContentEncoder;
import io.millrace.model.taste.FoldIn;
import io.millrace.model.taste.Generation;
import io.millrace.model.taste.SparseFeatures;
import io.millrace.model.taste.TasteMap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A generation with the items of this node in it: an item that took part in its training has the
 * vector that was trained, a newer one starts from what its content says. The index's writer puts
 * items; any thread folds users in.
 */
public final class TasteSpace {

  private static final VarHandle ROWS = MethodHandles.arrayElementVarHandle(int[].class);

  private final Generation generation;
  private final GenerationVectors vectors;
  private final ContentEncoder encoder;

  /** By ordinal 1 + the generation's row, 0 for none; set with release, read with acquire. */
  private volatile int[] rows = new int[1_024];

  /** By ordinal; writer thread only. */
  private long[] createdAtMs = new long[1_024];

  private long oldestMs = Long.MAX_VALUE;

  /** Writer thread only; null once the map is drawn. */
  private TasteMap.@Nullable Survey survey;

  private volatile @Nullable TasteMap map;

  /** Of a generation, without items; all are compared when they are searched. */
  public TasteSpace(Generation generation) {
    this(generation, new ScannedVectors(generation.dimensions()));
  }

  /**
   * Of a generation, without items.
   *
   * @param search finds the nearest items; empty, and written through this from now on
   */
  TasteSpace(Generation generation, VectorIndex search) {
    this.generation = generation;
    this.vectors =
        new GenerationVectors(Math.toIntExact(generation.number()), search, generation.common());
    this.encoder = new ContentEncoder(generation.contentMap().columns());
    this.survey = new TasteMap.Survey(generation.itemGramian());
  }

  public Generation generation() {
    return generation;
  }

  public int number() {
    return vectors.generation();
  }

  public GenerationVectors vectors() {
    return vectors;
  }

  /** Where its items lie; null until it was prepared. Any thread. */
  public @Nullable TasteMap map() {
    return map;
  }

  /** Draws the map of what was put so far, once. Writer thread only. */
  void drawMap(@Nullable TasteSpace before) {
    if (survey != null) {
      map = survey.draw(before == null ? null : before.map);
      survey = null;
    }
  }

  /**
   * Adds an item, or puts it anew. Writer thread only.
   *
   * @return whether it was there, and what it says of a user has changed: only its content speaks
   */
  public boolean put(int ordinal, ItemFacts facts) {
    float[] content = prior(facts);
    float[] before = vectors.content(ordinal);
    vectors.putContent(ordinal, content);
    if (ordinal >= createdAtMs.length) {
      createdAtMs =
          Arrays.copyOf(
              createdAtMs, Math.max(ordinal + 1, createdAtMs.length + (createdAtMs.length >> 1)));
    }
    createdAtMs[ordinal] = facts.createdAtMs();
    oldestMs = Math.min(oldestMs, facts.createdAtMs());
    int row = generation.row(ItemIds.hash(facts.itemId()));
    if (row < 0) {
      vectors.put(ordinal, content);
      return before != null && !Arrays.equals(before, content);
    }
    float[] trained = trained(row);
    vectors.put(ordinal, trained);
    if (survey != null) {
      survey.add(trained, primary(facts), generation.mass(row));
    }
    int[] grown =
        ordinal < rows.length
            ? rows
            : Arrays.copyOf(rows, Math.max(ordinal + 1, rows.length + (rows.length >> 1)));
    ROWS.setRelease(grown, ordinal, row + 1);
    rows = grown;
    return false;
  }

  private float[] trained(int row) {
    float[] trained = new float[generation.dimensions()];
    generation.vector(row, trained, 0);
    return trained;
  }

  /** Where an item is before anybody took it up since the training. Writer thread only. */
  float[] unmoved(int ordinal, float[] content) {
    int row = ordinal < rows.length ? rows[ordinal] - 1 : -1;
    return row < 0 ? content : trained(row);
  }

  /** When the first item came, {@code Long.MAX_VALUE} before it. Writer thread only. */
  long oldestMs() {
    return oldestMs;
  }

  /** What an item's content alone says, whether it is here or not. Any thread. */
  public float[] prior(ItemFacts facts) {
    float[] content = new float[generation.dimensions()];
    generation.prior(
        encoder.encode(
            new Content(facts.title(), facts.tags(), facts.categories(), facts.creator())),
        client(facts),
        content,
        0);
    return content;
  }

  private static String primary(ItemFacts facts) {
    return facts.categories().isEmpty() ? "" : facts.categories().getFirst();
  }

  private static @Nullable SparseFeatures client(ItemFacts facts) {
    float[] own = facts.vector().toArray();
    for (float value : own) {
      if (value != 0) {
        return SparseFeatures.ofClientVector(own);
      }
    }
    return null;
  }

  /**
   * Which share of the time since the first item an item was there, 0 to 1: it stands for the share
   * of all interactions that could have been with it. Writer thread only.
   */
  float share(int ordinal, long nowMs) {
    double all = (double) nowMs - oldestMs;
    return all <= 0 ? 1 : (float) Math.clamp((nowMs - createdAtMs[ordinal]) / all, 0, 1);
  }

  /**
   * Takes an item as evidence of a user: as it was trained, or as its content says. Any thread.
   *
   * @return false for an item that is not there
   */
  public boolean addFact(FoldIn fold, int ordinal, float weight, float target) {
    int[] now = rows;
    int row = ordinal >= 0 && ordinal < now.length ? (int) ROWS.getAcquire(now, ordinal) - 1 : -1;
    if (row >= 0) {
      generation.addFact(fold, row, weight, target);
      return true;
    }
    float[] content = vectors.content(ordinal);
    if (content == null) {
      return false;
    }
    fold.add(content, 0, weight, target);
    return true;
  }
}
