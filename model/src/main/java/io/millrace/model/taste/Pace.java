package io.millrace.model.taste;

import java.util.function.LongSupplier;

/** Called many times a second by a training: tells how far it is, and may hold it or end it. */
@FunctionalInterface
public interface Pace {

  /** As fast as it goes. */
  Pace FULL = (phase, share) -> {};

  /**
   * One step is done.
   *
   * @param phase what it works at
   * @param share of the whole that is done, 0 to 1
   * @throws InterruptedException to end the training
   */
  void step(String phase, double share) throws InterruptedException;

  /** Waits. */
  @FunctionalInterface
  interface Wait {
    void nanos(long nanos) throws InterruptedException;
  }

  /**
   * Holds the training so that it takes at most a share of one core.
   *
   * @param core above 0, to 1
   * @param nanoTime a clock that only goes forward
   */
  static Pace ofCore(double core, LongSupplier nanoTime, Wait wait) {
    if (!(core > 0) || core > 1) {
      throw new IllegalArgumentException("core is " + core + ", expected above 0, to 1");
    }
    return new Pace() {
      private long since = nanoTime.getAsLong();

      @Override
      public void step(String phase, double share) throws InterruptedException {
        long worked = nanoTime.getAsLong() - since;
        long rest = (long) (worked * (1 - core) / core);
        if (rest > 0) {
          wait.nanos(rest);
        }
        since = nanoTime.getAsLong();
      }
    };
  }
}
