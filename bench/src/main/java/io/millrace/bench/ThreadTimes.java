package io.millrace.bench;

import com.google.gson.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CPU that the threads of a node have spent, by what they are for. One stage of a feed runs on
 * threads of its own (retrieve); the others share the actors' threads with the socket.
 *
 * @param seconds by purpose; a thread that has ended is gone from it
 */
record ThreadTimes(Map<String, Double> seconds) {

  private static final Pattern THREAD =
      Pattern.compile("(?m)^\"([^\"]+)\".* cpu=([0-9.]+)ms elapsed=");

  /** Of ZGC, G1 and Shenandoah, with the one that stops all others. */
  private static final Pattern COLLECTOR =
      Pattern.compile("Z[A-Z][a-z]+|G1 |GC Thread|Shenandoah|VM ");

  /** Reads what {@code jcmd PID Thread.print} printed. */
  static ThreadTimes parse(String print) {
    Map<String, Double> seconds = new TreeMap<>();
    Matcher matcher = THREAD.matcher(print);
    while (matcher.find()) {
      seconds.merge(
          purpose(matcher.group(1)), Double.parseDouble(matcher.group(2)) / 1e3, Double::sum);
    }
    return new ThreadTimes(seconds);
  }

  private static String purpose(String thread) {
    if (thread.startsWith("index-search-")) {
      return "retrieve";
    }
    if (thread.startsWith("generation")) {
      return "train";
    }
    if (COLLECTOR.matcher(thread).lookingAt()) {
      return "collect";
    }
    if (thread.contains("CompilerThread")) {
      return "compile";
    }
    if (thread.contains("persistence") || thread.contains("store-writer")) {
      return "journal";
    }
    if (thread.contains("evidence.") || thread.contains("learning.")) {
      return "learn";
    }
    if (thread.contains("retrieval.") || thread.contains("item.")) {
      return "index-writer";
    }
    return thread.startsWith("millrace-pekko.") || thread.startsWith("ForkJoinPool")
        ? "actors-and-edge"
        : "other";
  }

  double compileSeconds() {
    return seconds.getOrDefault("compile", 0.0);
  }

  /** Microseconds since {@code before} for each of so many calls. */
  JsonObject micros(ThreadTimes before, long calls) {
    JsonObject all = new JsonObject();
    seconds.forEach((purpose, spent) ->
        all.addProperty(
            purpose,
            Report.round(
                Math.max(0, spent - before.seconds.getOrDefault(purpose, 0.0))
                    * 1e6
                    / Math.max(1, calls))));
    return all;
  }
}
