package io.millrace.bench;

import com.google.gson.JsonObject;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/** CPU that the node and this client have spent since a moment, apart. */
final class Cost {
  private final NodeProcess node;
  private final double nodeSeconds;
  private final double clientSeconds;

  private Cost(NodeProcess node) {
    this.node = node;
    this.nodeSeconds = node.cpuSeconds();
    this.clientSeconds = clientSeconds();
  }

  /** From now on. */
  static Cost from(NodeProcess node) {
    return new Cost(node);
  }

  /**
   * One line of a result.
   *
   * @param each events, or whatever is counted, in a call that succeeded
   */
  JsonObject row(String load, Load.Outcome outcome, int each) {
    double node = this.node.cpuSeconds() - nodeSeconds;
    double client = clientSeconds() - clientSeconds;
    double done = Math.max(1, outcome.done()) * (double) each;
    JsonObject row = new JsonObject();
    row.addProperty("load", load);
    row.addProperty("perSecond", Report.round(outcome.perSecond() * each));
    row.addProperty("refused", outcome.refused());
    row.addProperty("failed", outcome.failed());
    Report.addLatency(row, outcome.latency());
    row.addProperty("cpuMicros", Report.round(node * 1e6 / done));
    row.addProperty("clientCpuMicros", Report.round(client * 1e6 / done));
    return row;
  }

  private static double clientSeconds() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? Duration.ofNanos(machine.getProcessCpuTime()).toNanos() / 1e9
        : Double.NaN;
  }
}
