package io.millrace.threads;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How gladly threads leave the processor to others. Those that nobody waits for, the program's own
 * and those of the JVM and of RocksDB that work beside it, step back when a node is ready: they get
 * a niceness of {@value #MORE} more ({@value #MORE_TO_MERGE} those that merge files), for good.
 * Where it can be taken back they also run, for as long as none of them {@linkplain Starvation
 * starves}, only where no other thread would: a thread that wakes then takes their processor as if
 * it were free, which niceness alone does not give it.
 *
 * <p>Linux keeps both for each thread and hands them on to what that thread starts. Java's own
 * priorities do nothing there. Elsewhere this does nothing. Measured: decision records 27, 30, 33
 * and 35.
 */
public final class Niceness {
  private static final Logger log = LoggerFactory.getLogger(Niceness.class);

  /**
   * Beside another on the same processor such a thread gets a tenth of it, so that a flood does not
   * stop altogether what it does.
   */
  static final int MORE = 10;

  /**
   * For RocksDB's thread that merges files, a quarter of a processor: nobody waits for it until it
   * is minutes behind, and then all writes do. Measured: decision record 33.
   */
  static final int MORE_TO_MERGE = 5;

  /**
   * Threads that are not the program's, by the fifteen letters that Linux keeps of a name: ZGC's
   * that collect and G1's that mark (a thread that one of them starts is as nice as it). The
   * compilers are not among them: until they are done everything takes twice the time, so that all
   * wait for them. Measured: decision record 35.
   */
  private static final Pattern NATIVE = Pattern.compile("ZWorker|G1 (Main Marker|Conc#)");

  private static final String MERGES = "rocksdb:low";

  /** A look at all threads, for those that were started meanwhile, in every so many. */
  private static final int LOOKS_AT_ALL = 4;

  private static final Collection<Integer> BACKGROUND = new ConcurrentLinkedQueue<>();
  private static volatile boolean steppingBack;

  private Niceness() {}

  /** Threads that nobody waits for: they step back when {@link #stepBack} is called, for good. */
  public static ThreadFactory background(ThreadFactory factory) {
    return !LinuxThreads.known()
        ? factory
        : work ->
            factory.newThread(() -> {
              int id = LinuxThreads.own();
              BACKGROUND.add(id);
              try {
                if (steppingBack) {
                  LinuxThreads.makeNicer(id, MORE);
                }
                work.run();
              } finally {
                BACKGROUND.remove(id);
              }
            });
  }

  /**
   * Threads that nobody waits for step back from now on, in the whole process. To be called when a
   * node is ready: until then somebody waits for all that they do.
   */
  public static synchronized void stepBack() {
    if (!LinuxThreads.known()) {
      return;
    }
    boolean first = !steppingBack;
    steppingBack = true;
    for (int thread : LinuxThreads.all()) {
      int more = more(thread);
      if (more > 0) {
        LinuxThreads.makeNicer(thread, more);
      }
    }
    if (first) {
      Thread.ofPlatform().daemon().name("background-watch").start(Niceness::watch);
    }
  }

  /** How much nicer than the process a thread is to be; 0 for one that does not step back. */
  private static int more(int thread) {
    if (BACKGROUND.contains(thread)) {
      return MORE;
    }
    String name = LinuxThreads.name(thread);
    return name.startsWith(MERGES) ? MORE_TO_MERGE : NATIVE.matcher(name).lookingAt() ? MORE : 0;
  }

  /** Until the process ends, where what it does can be taken back. */
  private static void watch() {
    if (!canTakeBack()) {
      log.debug("threads that nobody waits for are nicer, not idle: that could not be taken back");
      return;
    }
    Starvation starvation = new Starvation();
    Map<Integer, Starvation.Times> times = new HashMap<>();
    boolean idle = false;
    try {
      for (int look = 0; ; look++) {
        times.replaceAll(Niceness::latest);
        boolean wanted = !starvation.at(System.nanoTime(), times);
        if (wanted != idle) {
          log.debug(
              wanted
                  ? "threads that nobody waits for run only where no other would"
                  : "one of the threads that nobody waits for starves: all are let in");
        }
        if (wanted != idle || look % LOOKS_AT_ALL == 0) {
          idle = wanted;
          letRunWhereNobodyElseWould(idle, times);
        }
        TimeUnit.MILLISECONDS.sleep(Starvation.EVERY.toMillis());
      }
    } catch (InterruptedException end) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.warn("nobody watches any more whether threads starve: they are let in", e);
    } finally {
      letRunWhereNobodyElseWould(false, times);
    }
  }

  private static Starvation.Times latest(int thread, Starvation.Times was) {
    Starvation.@Nullable Times now = LinuxThreads.times(thread);
    return now == null ? was : now;
  }

  /**
   * Asks with a thread that then ends: if it may not, it stays as it is. It is as little nicer as
   * any that steps back: what the limit of a process allows it, it allows those that are nicer. Not
   * where the process as a whole was started to run so.
   */
  static boolean canTakeBack() {
    if (LinuxThreads.isIdle((int) ProcessHandle.current().pid())) {
      return false;
    }
    boolean[] can = {false};
    Thread trial =
        Thread.ofPlatform()
            .start(() -> {
              int own = LinuxThreads.own();
              LinuxThreads.makeNicer(own, MORE_TO_MERGE);
              can[0] =
                  LinuxThreads.times(own) != null
                      && LinuxThreads.setIdle(own, true)
                      && LinuxThreads.setIdle(own, false);
            });
    try {
      trial.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return can[0];
  }

  /**
   * Those that step back, and no others: what one of them started is idle as well until this finds
   * it.
   *
   * @param times gets those that step back
   */
  static void letRunWhereNobodyElseWould(boolean idle, Map<Integer, Starvation.Times> times) {
    Map<Integer, Starvation.Times> found = new HashMap<>();
    for (int thread : LinuxThreads.all()) {
      int more = more(thread);
      if (more > 0) {
        Starvation.@Nullable Times now = LinuxThreads.times(thread);
        if (now != null) {
          found.put(thread, now);
        }
      }
      boolean should = idle && more > 0;
      if (LinuxThreads.isIdle(thread) != should) {
        if (should) {
          LinuxThreads.makeNicer(thread, more); // or the process may not take it back
        }
        LinuxThreads.setIdle(thread, should);
      }
    }
    times.clear();
    times.putAll(found);
  }
}
