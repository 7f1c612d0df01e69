package io.millrace.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One node in a process of its own: {@code run} on a folder and a free port, with the flags of this
 * process and with settings given as {@code path=value}. It gives way to the client. Closing it
 * stops it.
 */
final class NodeProcess implements AutoCloseable {

  private static final long LOOK_EVERY_NANOS = 5_000_000;
  private static final long LOOK_AGAIN_MILLIS = 500;

  /** What the node answers while it trains another. */
  private static final String BUSY = "a generation is being trained or adopted already";

  /** A client on the same processors that is late itself would measure nothing. */
  private static final List<String> GIVING_WAY = List.of("nice", "-n", "5");

  private static final Pattern SAMPLE =
      Pattern.compile("(?m)^([a-z_]+)(\\{[^}]*})? ([0-9.eE+-]+)$");

  private final Process process;
  private final URI url;
  private final long begin;
  private double startSeconds = Double.NaN;

  private NodeProcess(Process process, URI url, long begin) {
    this.process = process;
    this.url = url;
    this.begin = begin;
  }

  /** Returns when the node says that it is ready. */
  static NodeProcess start(Path data, String... settings) throws IOException {
    return start(Program.own(), data, settings);
  }

  /** The same of another build. */
  static NodeProcess start(Program program, Path data, String... settings) throws IOException {
    return launch(program, data, Redirect.INHERIT, List.of(), settings).ready();
  }

  /**
   * Returns when the node says that it is ready; it logs into a file.
   *
   * @param heap its largest heap, as the JVM writes it
   */
  static NodeProcess startSmall(Path data, Path log, String heap) throws IOException {
    return launch(Program.own(), data, Redirect.appendTo(log.toFile()), List.of("-Xmx" + heap))
        .ready();
  }

  /** Returns at once: its port is known, and answers nobody yet. */
  static NodeProcess launch(Path data, String... settings) throws IOException {
    return launch(Program.own(), data, Redirect.INHERIT, List.of(), settings);
  }

  private static NodeProcess launch(
      Program build, Path data, Redirect log, List<String> flags, String... settings)
      throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    long begin = System.nanoTime();
    ProcessBuilder program =
        program(
            build,
            flags,
            List.of("run", "--data", data.toString(), "--port", Integer.toString(port)),
            settings);
    program.command().addAll(0, GIVING_WAY);
    Process process = program.redirectError(log).start();
    return new NodeProcess(process, URI.create("http://127.0.0.1:" + port), begin);
  }

  /** The same node, ready; else it is killed. */
  private NodeProcess ready() throws IOException {
    try {
      awaitReady();
    } catch (IOException failed) {
      kill();
      throw failed;
    }
    return this;
  }

  /** Returns when the node says that it is ready; once. */
  void awaitReady() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    if (line == null || !line.startsWith("ready ")) {
      throw new IOException("the node did not start, it said " + line + ", expected ready URL");
    }
    startSeconds = secondsSinceBegin();
  }

  /** Returns when the node accepts connections; it need not be ready. */
  void awaitPort() throws IOException {
    while (process.isAlive()) {
      try (Socket _ = new Socket(url.getHost(), url.getPort())) {
        return;
      } catch (ConnectException notYet) {
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }
    throw new IOException("the node ended with " + process.exitValue() + " before it listened");
  }

  /** Imports a data set into a folder, its times moved to end now. */
  static void load(Path dataSet, Path data, String... settings)
      throws IOException, InterruptedException {
    load(Program.own(), dataSet, data, settings);
  }

  /** The same by another build; with the launcher's collector of an import, whatever the node's. */
  static void load(Program build, Path dataSet, Path data, String... settings)
      throws IOException, InterruptedException {
    Process process =
        program(
                build.with(List.of("-XX:+UseParallelGC")),
                List.of(),
                List.of(
                    "import", dataSet.toString(), "--times", "to-now", "--data", data.toString()),
                settings)
            .redirectOutput(Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException("import of " + dataSet + " ended with " + process.exitValue());
    }
  }

  private static ProcessBuilder program(
      Program build, List<String> flags, List<String> arguments, String... settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(build.flags());
    command.addAll(flags);
    for (String setting : settings) {
      command.add("-D" + setting); // after the flags of this process: the last one counts
    }
    command.addAll(List.of("-cp", build.classPath(), "io.millrace.app.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(Redirect.INHERIT);
  }

  GrpcCaller caller() {
    return new GrpcCaller(url.getHost(), url.getPort());
  }

  /** From its start to ready, in seconds; NaN before. */
  double startSeconds() {
    return startSeconds;
  }

  double secondsSinceBegin() {
    return (System.nanoTime() - begin) / 1e9;
  }

  /** Returns when everything acknowledged before is in the index. */
  void drain() throws IOException, InterruptedException {
    upkeep("/internal/drain", "drained");
  }

  /** Returns when checkpoints hold all evidence. */
  void checkpointEvidence() throws IOException, InterruptedException {
    upkeep("/internal/checkpoint", "written");
  }

  /** Asks until it is done; the node answers after a while either way. */
  private void upkeep(String path, String done) throws IOException, InterruptedException {
    String ask = path;
    while (!post(ask).get(done).getAsBoolean()) {
      ask = path + "?again=true";
    }
  }

  /**
   * Has a generation of vectors trained, or waits for the one that the node began by itself;
   * returns what came of it, in a sentence.
   */
  String train() throws IOException, InterruptedException {
    int before = adopted();
    boolean byItself = false;
    while (true) {
      if (byItself && adopted() > before) {
        return "trained by itself";
      }
      JsonObject decided = post("/internal/generations/train");
      if (decided.get("running").getAsBoolean()) {
        continue;
      }
      byItself = decided.get("detail").getAsString().equals(BUSY);
      if (!byItself) {
        return decided.get("detail").getAsString();
      }
      Thread.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  /** Number of the generation in use, 0 for none. */
  private int adopted() throws IOException, InterruptedException {
    return ask("/internal/generations", HttpRequest.Builder::GET).get("adopted").getAsInt();
  }

  /** Asks for no other protocol: an upgraded connection that is dropped at once may be reset. */
  private static HttpClient plainHttp() {
    return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  private JsonObject post(String path) throws IOException, InterruptedException {
    return ask(path, request -> request.POST(HttpRequest.BodyPublishers.noBody()));
  }

  private JsonObject ask(String path, UnaryOperator<HttpRequest.Builder> method)
      throws IOException, InterruptedException {
    try (HttpClient client = plainHttp()) {
      HttpResponse<String> answer =
          client.send(
              method.apply(HttpRequest.newBuilder(url.resolve(path))).build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IOException(
            path + " answered " + answer.statusCode() + ", expected 200: " + answer.body());
      }
      return JsonParser.parseString(answer.body()).getAsJsonObject();
    }
  }

  /** All samples of /metrics, by name with its labels. */
  Map<String, Double> metrics() throws IOException, InterruptedException {
    try (HttpClient client = plainHttp()) {
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

  InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), url.getPort());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Open files and sockets of the node; -1 where the system does not say. */
  int openFiles() throws IOException {
    Path files = Path.of("/proc", Long.toString(process.pid()), "fd");
    if (!Files.isDirectory(files)) {
      return -1;
    }
    try (Stream<Path> all = Files.list(files)) {
      return (int) all.count();
    }
  }

  /** What it holds in its heap after a full collection. */
  LiveHeap liveHeap() throws IOException {
    return LiveHeap.parse(diagnose("GC.class_histogram"));
  }

  /** CPU of its threads so far, by what they are for. */
  ThreadTimes threadTimes() throws IOException {
    return ThreadTimes.parse(diagnose("Thread.print"));
  }

  private String diagnose(String command) throws IOException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                command)
            .redirectErrorStream(true)
            .start();
    return new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Memory of its process that is in RAM; NaN where the system does not say. */
  double residentSetBytes() throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (Files.isReadable(status)) {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmRSS:")) {
          return Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024;
        }
      }
    }
    return Double.NaN;
  }

  /** SIGKILL: the process ends without a chance to write anything. */
  void kill() {
    process.destroyForcibly().onExit().join();
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
