package io.millrace.threads;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Threads of this process as Linux schedules them, by the numbers it gives them. Elsewhere {@link
 * #known} is false and nothing else may be asked. What is said of a thread that has ended is passed
 * over.
 */
final class LinuxThreads {

  /** Of a thread that is scheduled as usual, and of one that takes what all others leave. */
  private static final int USUAL = 0;

  private static final int IDLE = 5;

  /** Says {@code setpriority} and {@code getpriority} that a thread is meant. */
  private static final int THREAD = 0;

  private static final Path ALL = Path.of("/proc/self/task");
  private static final Path OWN = Path.of("/proc/thread-self");

  private static final @Nullable MethodHandle SET_PRIORITY =
      function("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final @Nullable MethodHandle GET_PRIORITY =
      function("getpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final @Nullable MethodHandle SET_SCHEDULER =
      function("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final @Nullable MethodHandle GET_SCHEDULER =
      function("sched_getscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  /** The parameters that both ways of scheduling know: a priority of 0. */
  private static final MemorySegment NO_PRIORITY = Arena.global().allocate(JAVA_INT);

  private LinuxThreads() {}

  @SuppressWarnings("restricted") // the launcher allows native access
  private static @Nullable MethodHandle function(String name, FunctionDescriptor form) {
    if (!System.getProperty("os.name").equals("Linux") || !Files.isDirectory(OWN)) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(found -> linker.downcallHandle(found, form))
        .orElse(null);
  }

  static boolean known() {
    return SET_PRIORITY != null && GET_PRIORITY != null;
  }

  static int own() {
    try {
      return idOf(OWN.toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Integer> all() {
    try (Stream<Path> all = Files.list(ALL)) {
      return all.map(LinuxThreads::idOf).toList();
    } catch (IOException | UncheckedIOException e) { // the latter while it reads on
      return List.of();
    }
  }

  private static int idOf(Path thread) {
    return Integer.parseInt(thread.getFileName().toString());
  }

  /** Fifteen letters at most; empty when it has ended. */
  static String name(int thread) {
    return read(thread, "comm").strip();
  }

  /**
   * Nanoseconds that it ran and that it waited for a processor so far (as of when it last got one);
   * null when it has ended or where Linux does not count.
   */
  static Starvation.@Nullable Times times(int thread) {
    String[] counts = read(thread, "schedstat").strip().split(" ", 3);
    return counts.length < 3 || counts[2].equals("0") // it never ran: nothing is counted
        ? null
        : new Starvation.Times(Long.parseLong(counts[0]), Long.parseLong(counts[1]));
  }

  private static String read(int thread, String file) {
    try {
      return Files.readString(ALL.resolve(Integer.toString(thread)).resolve(file));
    } catch (IOException ended) {
      return "";
    }
  }

  /** Makes its niceness so much more than that of the process's first thread. */
  static void makeNicer(int thread, int more) {
    if (SET_PRIORITY == null || GET_PRIORITY == null) {
      return;
    }
    try {
      int first = (int) ProcessHandle.current().pid();
      int nice = (int) GET_PRIORITY.invokeExact(THREAD, first) + more;
      int _ = (int) SET_PRIORITY.invokeExact(THREAD, thread, nice);
    } catch (Throwable e) { // what a handle declares; the functions themselves throw nothing
      throw new IllegalStateException("setpriority", e);
    }
  }

  /** Whether it runs only where no other thread would. */
  static boolean isIdle(int thread) {
    try {
      return GET_SCHEDULER != null && (int) GET_SCHEDULER.invokeExact(thread) == IDLE;
    } catch (Throwable e) {
      throw new IllegalStateException("sched_getscheduler", e);
    }
  }

  /**
   * Lets it run only where no other thread would, or again as usual.
   *
   * @return whether it does: as usual again only a privileged process may (sched(7), {@code
   *     RLIMIT_NICE})
   */
  static boolean setIdle(int thread, boolean idle) {
    try {
      return SET_SCHEDULER != null
          && (int) SET_SCHEDULER.invokeExact(thread, idle ? IDLE : USUAL, NO_PRIORITY) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setscheduler", e);
    }
  }
}
