package io.millrace.learning;

import io.millrace.model.FusionContext;
import io.millrace.model.FusionFeature;
import io.millrace.model.FusionTrainer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The features of what was served for one request, and of a sample of what was not: what a later
 * positive is learnt from. Logged when served, so nothing is computed again with later knowledge.
 *
 * @param ordinals the slate, then the sample
 * @param matrix {@code [feature][row]}
 * @param logInclusion log of the probability with which each row came into this set: 0 for the
 *     slate
 */
public record ServedRows(
    String requestId,
    long atMs,
    FusionContext context,
    int[] ordinals,
    float[][] matrix,
    float[] logInclusion) {

  /**
   * Takes the slate whole and a uniform sample of the other candidates.
   *
   * @param slate rows of the choices that were served
   * @param sampled size of the sample
   */
  public static ServedRows of(
      String requestId, long atMs, Choices choices, int[] slate, int sampled, long seed) {
    boolean[] served = new boolean[choices.size()];
    for (int row : slate) {
      served[row] = true;
    }
    int others = choices.size() - slate.length;
    int take = Math.min(sampled, others);
    int[] rows = Arrays.copyOf(slate, slate.length + take);
    SplittableRandom random = new SplittableRandom(seed);
    int need = take;
    int left = others;
    for (int row = 0; row < served.length && need > 0; row++) {
      if (served[row]) {
        continue;
      }
      if (random.nextInt(left) < need) {
        rows[rows.length - need] = row;
        need--;
      }
      left--;
    }
    float logShare = others == 0 ? 0 : (float) Math.log((double) take / others);
    int[] ordinals = new int[rows.length];
    float[] logInclusion = new float[rows.length];
    float[][] matrix = new float[FusionFeature.COUNT][rows.length];
    for (int i = 0; i < rows.length; i++) {
      ordinals[i] = choices.candidates().ordinals()[rows[i]];
      logInclusion[i] = i < slate.length ? 0 : logShare;
      for (int f = 0; f < matrix.length; f++) {
        matrix[f][i] = choices.matrix()[f][rows[i]];
      }
    }
    return new ServedRows(requestId, atMs, choices.context(), ordinals, matrix, logInclusion);
  }

  /** Learns that this item of these was chosen; false when it is none of them. */
  boolean teach(FusionTrainer trainer, int ordinal) {
    for (int row = 0; row < ordinals.length; row++) {
      if (ordinals[row] == ordinal) {
        trainer.learn(matrix, ordinals.length, row, logInclusion, context);
        return true;
      }
    }
    return false;
  }
}
