package io.millrace.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.google.gson.JsonObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.concurrent.Semaphore;

/**
 * How fast the machine is at this moment in what a node waits for, so that results of two hours or
 * of two machines can be told apart: a processor's name says nothing of who else has its caches. Of
 * machines that were seen, a read took 18 to 210 ns in the third cache and 200 to 550 in memory.
 */
final class MachineSpeed {
  private static final int LINE = 64;
  private static final int READS = 2_000_000;
  private static final int WAKES = 5_000;

  /** More than a second cache holds, less than a third. */
  private static final long CACHED = 4 << 20;

  private static final long UNCACHED = 128 << 20;

  /** What a page of memory is, where nobody asked for larger ones. */
  private static final int PAGE = 4_096;

  private MachineSpeed() {}

  /**
   * Takes two seconds: nanoseconds of CPU for a read that waits for the one before, among 4 MB and
   * among 128 MB; microseconds of CPU for the first touch of a page; and microseconds by the clock
   * from one thread to another that sleeps.
   */
  static JsonObject now() {
    JsonObject speed = new JsonObject();
    try (Arena arena = Arena.ofConfined()) {
      long begun = cpuNanos();
      MemorySegment memory = arena.allocate(UNCACHED, LINE);
      speed.addProperty(
          "firstTouchMicros", Report.round((cpuNanos() - begun) / 1e3 / (UNCACHED / PAGE)));
      readNanos(memory, CACHED); // compiles what is measured
      speed.addProperty("cacheReadNanos", Report.round(readNanos(memory, CACHED)));
      speed.addProperty("memoryReadNanos", Report.round(readNanos(memory, UNCACHED)));
    }
    speed.addProperty("wakeMicros", Report.round(wakeMicros()));
    return speed;
  }

  private static double readNanos(MemorySegment memory, long bytes) {
    long lines = bytes / LINE;
    for (long line = 0; line < lines; line++) {
      memory.set(JAVA_LONG, line * LINE, next(line, lines) * LINE);
    }
    long begun = cpuNanos();
    long at = 0;
    for (int i = 0; i < READS; i++) {
      at = memory.get(JAVA_LONG, at);
    }
    long spent = cpuNanos() - begun;
    if (at % LINE != 0) {
      throw new IllegalStateException("read " + at + ", expected a multiple of " + LINE);
    }
    return (double) spent / READS;
  }

  /**
   * The line that is read after another, which none can foresee that reads ahead: a linear
   * congruential generator, which by Hull and Dobell (1962) comes to each of a power of two lines
   * before it is back.
   */
  static long next(long line, long lines) {
    return (line * 1_664_525 + 1_013_904_223) % lines;
  }

  private static double wakeMicros() {
    Semaphore there = new Semaphore(0);
    Semaphore back = new Semaphore(0);
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          for (int i = 0; i < WAKES; i++) {
            there.acquireUninterruptibly();
            back.release();
          }
        });
    long begun = System.nanoTime();
    for (int i = 0; i < WAKES; i++) {
      there.release();
      back.acquireUninterruptibly();
    }
    return (System.nanoTime() - begun) / 1e3 / WAKES / 2;
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
