package io.millrace.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a JVM holds after a full collection, by class. */
record LiveHeap(Map<String, Held> classes) {

  private static final Pattern LINE =
      Pattern.compile("(?m)^\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+)");

  /** Of what the collector puts into holes: nobody holds it. */
  private static final String FILLER = "jdk.internal.vm.Filler";

  /** Objects of a class and their own bytes, without what they refer to. */
  record Held(long instances, long bytes) {}

  /** Reads what {@code jcmd PID GC.class_histogram} prints. */
  static LiveHeap parse(String histogram) {
    Map<String, Held> classes = new TreeMap<>();
    Matcher line = LINE.matcher(histogram);
    while (line.find()) {
      if (!line.group(3).contains(FILLER)) {
        classes.merge(
            line.group(3),
            new Held(Long.parseLong(line.group(1)), Long.parseLong(line.group(2))),
            LiveHeap::sum); // a class is listed once for each of its loaders
      }
    }
    if (classes.isEmpty()) {
      throw new IllegalArgumentException(
          "no class in the histogram, expected lines of \"number: instances bytes class\"");
    }
    return new LiveHeap(classes);
  }

  private static Held sum(Held one, Held other) {
    return new Held(one.instances + other.instances, one.bytes + other.bytes);
  }

  long bytes() {
    return classes.values().stream().mapToLong(Held::bytes).sum();
  }

  /** What this holds more than an earlier one; less is negative. */
  LiveHeap since(LiveHeap before) {
    Map<String, Held> more = new TreeMap<>();
    classes.forEach((name, held) -> {
      Held had = before.classes.getOrDefault(name, new Held(0, 0));
      more.put(name, new Held(held.instances - had.instances, held.bytes - had.bytes));
    });
    return new LiveHeap(more);
  }

  /** Bytes by whose classes they are. */
  Map<String, Long> byOwner() {
    Map<String, Long> owners = new LinkedHashMap<>();
    for (String owner :
        new String[] {"millrace", "pekko", "collections", "arrays and strings", "other"}) {
      owners.put(owner, 0L);
    }
    classes.forEach((name, held) -> owners.merge(owner(name), held.bytes, Long::sum));
    return owners;
  }

  private static String owner(String className) {
    String name = className.replaceFirst("^\\[+L(.*);$", "$1");
    if (name.startsWith("io.millrace.")) {
      return "millrace";
    }
    if (name.startsWith("org.apache.pekko.") || name.startsWith("scala.")) {
      return "pekko";
    }
    if (name.startsWith("java.util.") || name.startsWith("it.unimi.dsi.fastutil.")) {
      return "collections";
    }
    return name.startsWith("[")
            || name.equals("java.lang.String")
            || name.equals("java.lang.Object")
        ? "arrays and strings"
        : "other";
  }
}
