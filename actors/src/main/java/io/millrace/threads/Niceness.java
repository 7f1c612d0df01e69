package io.millrace.threads;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.util.Collections;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * How gladly a thread leaves the processor to others. Linux keeps it for each thread, 0 to 19 above
 * what it is without privileges, and hands it on to what that thread starts; it cannot be taken
 * back. Java's own priorities do nothing there. Elsewhere this does nothing.
 */
public final class Niceness {

  /**
   * How much nicer threads are that nobody waits for: beside another on the same processor such a
   * thread gets a tenth of it, so that a flood does not stop altogether what it does. Measured:
   * decision record 27.
   */
  static final int MORE = 10;

  /** Says {@code setpriority} and {@code getpriority} that a thread is meant. */
  private static final int THREAD = 0;

  private static final int THIS_THREAD = 0;

  private static final @Nullable MethodHandle SET_PRIORITY = function("setpriority", 3);
  private static final @Nullable MethodHandle GET_PRIORITY = function("getpriority", 2);

  private Niceness() {}

  /** A function of integers, setpriority(2); null elsewhere than on Linux. */
  @SuppressWarnings("restricted") // the launcher allows native access
  private static @Nullable MethodHandle function(String name, int arguments) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    MemoryLayout[] integers = Collections.nCopies(arguments, JAVA_INT).toArray(MemoryLayout[]::new);
    return linker
        .defaultLookup()
        .find(name)
        .map(found -> linker.downcallHandle(found, FunctionDescriptor.of(JAVA_INT, integers)))
        .orElse(null);
  }

  /** Threads that step back for all others, from their first instruction on. */
  public static ThreadFactory background(ThreadFactory factory) {
    return work ->
        factory.newThread(() -> {
          stepBack();
          work.run();
        });
  }

  /** The thread that calls, by so much more than the process's first. */
  private static void stepBack() {
    if (SET_PRIORITY == null || GET_PRIORITY == null) {
      return;
    }
    try {
      int first = (int) ProcessHandle.current().pid();
      int nice = (int) GET_PRIORITY.invokeExact(THREAD, first) + MORE;
      int _ = (int) SET_PRIORITY.invokeExact(THREAD, THIS_THREAD, nice);
    } catch (Throwable e) { // what a handle declares; the functions themselves throw nothing
      throw new IllegalStateException("setpriority", e);
    }
  }
}
