package io.millrace.threads;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadFactory;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How gladly a thread leaves the processor to others. Linux keeps it for each thread, 0 to 19 above
 * what it is without privileges, and hands it on to what that thread starts; it cannot be taken
 * back. Java's own priorities do nothing there. Elsewhere this does nothing.
 */
public final class Niceness {
  private static final Logger log = LoggerFactory.getLogger(Niceness.class);

  /**
   * How much nicer threads are that nobody waits for: beside another on the same processor such a
   * thread gets a tenth of it, so that a flood does not stop altogether what it does. Measured:
   * decision record 27.
   */
  static final int MORE = 10;

  /** Says {@code setpriority} and {@code getpriority} that a thread is meant. */
  private static final int THREAD = 0;

  /**
   * Threads that are not the program's, by the fifteen letters that Linux keeps of a name: ZGC's
   * that collect, G1's that mark (a thread that one of them starts is as nice as it), the
   * compilers, and RocksDB's that merge files.
   */
  private static final Pattern NATIVE =
      Pattern.compile("ZWorker|G1 (Main Marker|Conc#)|C[12] Compiler|rocksdb:low");

  private static final Path OWN = Path.of("/proc/thread-self");

  private static final @Nullable MethodHandle SET_PRIORITY = function("setpriority", 3);
  private static final @Nullable MethodHandle GET_PRIORITY = function("getpriority", 2);

  private static final Collection<Integer> BACKGROUND = new ConcurrentLinkedQueue<>();
  private static volatile boolean steppingBack;

  private Niceness() {}

  /** A function of integers, setpriority(2); null where threads are not Linux's and in view. */
  @SuppressWarnings("restricted") // the launcher allows native access
  private static @Nullable MethodHandle function(String name, int arguments) {
    if (!System.getProperty("os.name").equals("Linux") || !Files.isDirectory(OWN)) {
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

  /** Threads that nobody waits for: they step back when {@link #stepBack} is called, for good. */
  public static ThreadFactory background(ThreadFactory factory) {
    return SET_PRIORITY == null
        ? factory
        : work ->
            factory.newThread(() -> {
              int id = ownId();
              BACKGROUND.add(id);
              try {
                if (steppingBack) {
                  stepBack(id);
                }
                work.run();
              } finally {
                BACKGROUND.remove(id);
              }
            });
  }

  /**
   * Threads that nobody waits for step back from now on, in the whole process, and so do those of
   * the JVM and of RocksDB that work beside the program: a collection, a compilation and a merge
   * each take a core for as long as they last. To be called when a node is ready: until then
   * somebody waits for all that it does.
   */
  public static void stepBack() {
    if (SET_PRIORITY == null) {
      return;
    }
    steppingBack = true;
    BACKGROUND.forEach(Niceness::stepBack);
    try (Stream<Path> all = Files.list(Path.of("/proc/self/task"))) {
      all.filter(thread -> NATIVE.matcher(nameOf(thread)).lookingAt())
          .forEach(thread -> stepBack(idOf(thread)));
    } catch (IOException e) {
      log.debug("threads of the JVM and of RocksDB stay as they are", e);
    }
  }

  private static int ownId() {
    try {
      return idOf(OWN.toRealPath());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int idOf(Path thread) {
    return Integer.parseInt(thread.getFileName().toString());
  }

  private static String nameOf(Path thread) {
    try {
      return Files.readString(thread.resolve("comm"));
    } catch (IOException ended) {
      return "";
    }
  }

  /** The given thread, by so much more than the process's first. */
  private static void stepBack(int thread) {
    if (SET_PRIORITY == null || GET_PRIORITY == null) {
      return;
    }
    try {
      int first = (int) ProcessHandle.current().pid();
      int nice = (int) GET_PRIORITY.invokeExact(THREAD, first) + MORE;
      int _ = (int) SET_PRIORITY.invokeExact(THREAD, thread, nice);
    } catch (Throwable e) { // what a handle declares; the functions themselves throw nothing
      throw new IllegalStateException("setpriority", e);
    }
  }
}
