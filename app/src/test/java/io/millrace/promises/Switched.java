package io.millrace.promises;

import io.millrace.index.Candidates;
import io.millrace.index.EvidenceBatch;
import io.millrace.index.EvidencePart;
import io.millrace.index.ExactItemIndex;
import io.millrace.index.GenerationVectors;
import io.millrace.index.ItemFacts;
import io.millrace.index.ItemIndex;
import io.millrace.index.RetrievalQuery;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The exact index with searches that can be made slow, hanging, failing or wrong. */
final class Switched implements ItemIndex {
  private final ItemIndex index = new ExactItemIndex();
  private volatile UnaryOperator<Candidates> fault = found -> found;
  private volatile CountDownLatch held = new CountDownLatch(0);

  /** Every search takes so much longer. */
  void slow(long ms) {
    fault =
        found -> {
          long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ms);
          while (System.nanoTime() < until) {
            LockSupport.parkNanos(until - System.nanoTime());
          }
          return found;
        };
  }

  /** Searches do not come back before {@link #heal}. */
  void hang() {
    CountDownLatch until = new CountDownLatch(1);
    held = until;
    fault =
        found -> {
          try {
            until.await();
          } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
          }
          return found;
        };
  }

  void fail() {
    fault =
        found -> {
          throw new IllegalStateException("switched to fail");
        };
  }

  /** What searches find is changed by this. */
  void change(UnaryOperator<Candidates> change) {
    fault = change;
  }

  void heal() {
    fault = found -> found;
    held.countDown();
  }

  @Override
  public Candidates retrieve(RetrievalQuery query) {
    return fault.apply(index.retrieve(query));
  }

  @Override
  public Candidates measure(int[] ordinals, RetrievalQuery query) {
    return fault.apply(index.measure(ordinals, query));
  }

  @Override
  public Candidates similar(int ordinal, RetrievalQuery query) {
    return fault.apply(index.similar(ordinal, query));
  }

  @Override
  public Nearest nearest(float[] query, int k, RetrievalQuery.Filter filter) {
    return index.nearest(query, k, filter);
  }

  @Override
  public void put(int ordinal, ItemFacts facts) {
    index.put(ordinal, facts);
  }

  @Override
  public void retire(int ordinal) {
    index.retire(ordinal);
  }

  @Override
  public void begin(List<EvidencePart> parts) {
    index.begin(parts);
  }

  @Override
  public boolean apply(EvidenceBatch batch) {
    return index.apply(batch);
  }

  @Override
  public @Nullable ItemFacts facts(int ordinal) {
    return index.facts(ordinal);
  }

  @Override
  public int ordinal(long itemHash) {
    return index.ordinal(itemHash);
  }

  @Override
  public Counts counts(int ordinal) {
    return index.counts(ordinal);
  }

  @Override
  public long[] batches() {
    return index.batches();
  }

  @Override
  public int size() {
    return index.size();
  }

  @Override
  public void checkpoint(OutputStream out) {
    index.checkpoint(out);
  }

  byte[] checkpoint() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    index.checkpoint(bytes);
    return bytes.toByteArray();
  }

  @Override
  public void restore(InputStream checkpoint, long length) {
    index.restore(checkpoint, length);
  }

  @Override
  public void adopt(GenerationVectors vectors, int beside) {
    index.adopt(vectors, beside);
  }

  @Override
  public @Nullable GenerationVectors vectors(int generation) {
    return index.vectors(generation);
  }

  @Override
  public int vectorLength() {
    return index.vectorLength();
  }

  @Override
  public int ordinals() {
    return index.ordinals();
  }
}
