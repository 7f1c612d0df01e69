package io.millrace.index;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Names of categories, tags, creators and languages, and the words of texts, as small numbers, in
 * order of arrival: exact within this index, meaningless outside it. The writer adds, any thread
 * looks up.
 */
record Names(Table categories, Table tags, Table creators, Table languages, Table words) {

  Names() {
    this(new Table(), new Table(), new Table(), new Table(), new Table());
  }

  static final class Table {
    /** Lists that are remembered at most: 20 bits of a hash are shifted away. */
    private static final int SHARED = 4_096;

    private final ConcurrentMap<String, Integer> numbers = new ConcurrentHashMap<>();

    /** By hash the list that was asked for last. Writer thread only. */
    private final int[] @Nullable [] shared = new int[SHARED][];

    /** Writer thread only. */
    int number(String name) {
      return numbers.computeIfAbsent(name, _ -> numbers.size());
    }

    int[] numbers(List<String> names) {
      return names.stream().mapToInt(this::number).distinct().toArray();
    }

    /**
     * The same; lists that come often are one array, which a processor's cache then holds while a
     * question goes through many items. Only to be read.
     */
    int[] shared(List<String> names) {
      int[] list = numbers(names);
      int place = (Arrays.hashCode(list) * 0x9E3779B9) >>> 20;
      int[] other = shared[place];
      if (other != null && Arrays.equals(other, list)) {
        return other;
      }
      shared[place] = list;
      return list;
    }

    /** -1 when no item ever had it. */
    int known(String name) {
      return numbers.getOrDefault(name, -1);
    }

    int[] known(List<String> names) {
      return names.stream().mapToInt(this::known).filter(n -> n >= 0).distinct().toArray();
    }
  }
}
