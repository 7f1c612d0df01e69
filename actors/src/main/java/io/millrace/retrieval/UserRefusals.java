package io.millrace.retrieval;

import io.millrace.index.RetrievalQuery.Refused;
import io.millrace.user.Leanings;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * What still speaks against items of all that a user refused: it fades, so that one "not
 * interested" is felt for days and not for ever. A refusal stands until the user says otherwise of
 * the same item.
 *
 * <p>Formula: strength * 2^-(age / half-life), with strength 1 for not interested and hidden, 2 for
 * reported, .15 for a skip and .1 for a fast one. Chosen: seven skips weigh as much as one refusal.
 */
public final class UserRefusals {

  /** The loudest are told; a question's time grows with each. Chosen. */
  private static final int MOST = 16;

  /** What is less than this is nothing. */
  private static final float LEAST = .02f;

  /** From here on it is an opinion, not a passing by; in hundredths. */
  private static final int OPINION = 50;

  private static final float OF_PASSING = 1 / 200f;

  private UserRefusals() {}

  public static Refused of(Leanings leanings, long nowMs, Duration halfLife) {
    float[] strengths = new float[leanings.size()];
    int[] loudest = new int[leanings.size()];
    int n = 0;
    for (int i = 0; i < strengths.length; i++) {
      if (leanings.against()[i]) {
        strengths[i] = strength(-leanings.strengths()[i], nowMs - leanings.atMs()[i], halfLife);
        if (strengths[i] >= LEAST) {
          loudest[n++] = i;
        }
      }
    }
    if (n == 0) {
      return Refused.NONE;
    }
    int[] rows =
        IntStream.of(loudest)
            .limit(n)
            .boxed()
            .sorted((a, b) -> Float.compare(strengths[b], strengths[a]))
            .limit(MOST)
            .mapToInt(row -> row)
            .toArray();
    float[] kept = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      kept[i] = strengths[rows[i]];
    }
    return new Refused(IntStream.of(rows).map(row -> leanings.ordinals()[row]).toArray(), kept);
  }

  private static float strength(int refused, long ageMs, Duration halfLife) {
    float full = refused >= OPINION ? (float) refused / OPINION : refused * OF_PASSING;
    return full * (float) Math.pow(2, -Math.max(0, ageMs) / (double) halfLife.toMillis());
  }
}
