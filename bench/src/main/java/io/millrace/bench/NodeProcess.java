package io.millrace.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One node in a process of its own: {@code run} on a folder and a free port, with the flags of this
 * process. Closing it stops it.
 */
final class NodeProcess implements AutoCloseable {

  private static final Pattern SAMPLE =
      Pattern.compile("(?m)^([a-z_]+)(\\{[^}]*})? ([0-9.eE+-]+)$");

  private final Process process;
  private final URI url;
  private final double startSeconds;

  private NodeProcess(Process process, URI url, double startSeconds) {
    this.process = process;
    this.url = url;
    this.startSeconds = startSeconds;
  }

  /** Returns when the node says that it is ready. */
  static NodeProcess start(Path data) throws IOException {
    long begin = System.nanoTime();
    Process process = program(List.of("run", "--data", data.toString(), "--port", "0")).start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    if (line == null || !line.startsWith("ready ")) {
      process.destroyForcibly();
      throw new IOException("the node did not start: " + line);
    }
    return new NodeProcess(
        process, URI.create(line.substring("ready ".length())), (System.nanoTime() - begin) / 1e9);
  }

  /** Imports a data set into a folder, its times moved to end now. */
  static void load(Path dataSet, Path data) throws IOException, InterruptedException {
    Process process =
        program(
                List.of(
                    "import", dataSet.toString(), "--times", "to-now", "--data", data.toString()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("import of " + dataSet + " ended with " + process.exitValue());
    }
  }

  private static ProcessBuilder program(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.millrace.app.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  GrpcCaller caller() {
    return new GrpcCaller(url.getHost(), url.getPort());
  }

  double startSeconds() {
    return startSeconds;
  }

  /** All samples of /metrics, by name with its labels. */
  Map<String, Double> metrics() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      String body =
          client
              .send(
                  HttpRequest.newBuilder(url.resolve("/metrics")).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      TreeMap<String, Double> samples = new TreeMap<>();
      Matcher matcher = SAMPLE.matcher(body);
      while (matcher.find()) {
        String labels = matcher.group(2) == null ? "" : matcher.group(2);
        samples.put(matcher.group(1) + labels, Double.valueOf(matcher.group(3)));
      }
      return samples;
    }
  }

  /** CPU seconds that the node's process has spent so far. */
  double cpuSeconds() {
    return process.info().totalCpuDuration().map(spent -> spent.toNanos() / 1e9).orElse(Double.NaN);
  }

  @Override
  public void close() {
    process.destroy();
    process
        .onExit()
        .completeOnTimeout(process, 30, TimeUnit.SECONDS)
        .thenAccept(Process::destroyForcibly)
        .join();
  }
}
