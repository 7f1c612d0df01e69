package io.millrace.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** A result as it is published: what, where, of which commit, when. */
final class Report {

  private Report() {}

  /** Begins a result with what every result names. */
  static JsonObject begin(String bench) {
    JsonObject result = new JsonObject();
    result.addProperty("bench", bench);
    result.addProperty("machine", machine());
    result.addProperty("commit", firstLine("git", "rev-parse", "--short", "HEAD"));
    result.addProperty("date", LocalDate.now(ZoneOffset.UTC).toString());
    result.add("speedBefore", MachineSpeed.now());
    return result;
  }

  /** Ends a result and prints it. */
  static void print(JsonObject result, boolean json) {
    result.add("speedAfter", MachineSpeed.now());
    System.out.println(
        json ? result.toString() : new GsonBuilder().setPrettyPrinting().create().toJson(result));
  }

  /** Percentiles in milliseconds. */
  static void addLatency(JsonObject row, Histogram latency) {
    row.addProperty("p50Millis", round(latency.getValueAtPercentile(50) / 1e6));
    row.addProperty("p90Millis", round(latency.getValueAtPercentile(90) / 1e6));
    row.addProperty("p99Millis", round(latency.getValueAtPercentile(99) / 1e6));
    row.addProperty("maxMillis", round(latency.getMaxValue() / 1e6));
  }

  /** To three digits behind the point: more is noise. */
  static double round(double value) {
    return Math.round(value * 1_000) / 1_000d;
  }

  private static String machine() {
    String processor = System.getProperty("os.arch");
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          processor = line.substring(line.indexOf(':') + 2);
          break;
        }
      }
    } catch (IOException absent) {
      // not Linux: the architecture will do
    }
    return String.format(
        Locale.ROOT,
        "%s, %d cores, %s, Java %s",
        processor,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("java.version"));
  }

  private static String firstLine(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String out =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return process.waitFor() == 0 ? out : "unknown";
    } catch (IOException absent) {
      return "unknown";
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
