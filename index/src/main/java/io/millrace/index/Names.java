package io.millrace.index;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

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
    private final ConcurrentMap<String, Integer> numbers = new ConcurrentHashMap<>();

    /** Writer thread only. */
    int number(String name) {
      return numbers.computeIfAbsent(name, _ -> numbers.size());
    }

    int[] numbers(List<String> names) {
      return names.stream().mapToInt(this::number).distinct().toArray();
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
