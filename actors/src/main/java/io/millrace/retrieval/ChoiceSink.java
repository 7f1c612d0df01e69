package io.millrace.retrieval;

import io.millrace.index.Candidates;
import io.millrace.index.EvidenceBatch;

/**
 * Takes choices with what retrieval would have offered just before each was made: what the fusion
 * learns from. Called on the index writer's thread: it must hand over and return.
 */
@FunctionalInterface
public interface ChoiceSink {

  /** Takes none. */
  ChoiceSink NONE = chosen -> {};

  void accept(Chosen chosen);

  /**
   * One choice. A rebuilt index offers its choices again: who learns remembers the last {@code
   * (stream, number, index)} it took.
   *
   * @param stream and {@code number} of the batch that holds it, {@code index} its place in there
   * @param candidates as of before that batch; may lack the chosen item
   * @param ordinal of the chosen item, -1 when the index does not know it
   */
  record Chosen(
      int stream,
      long number,
      int index,
      Candidates candidates,
      int ordinal,
      EvidenceBatch.Choice choice) {}
}
