package io.millrace.promises;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** {@code millrace run} in a process of its own, spoken to over HTTP, ended by a kill. */
final class ChildNode implements AutoCloseable {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);

  /** A start takes some seconds; a machine that does much else may need minutes. */
  private static final Duration READY_WITHIN = Duration.ofMinutes(4);

  private static final int ATTEMPTS = 5;

  private final Process process;
  private final HttpClient http;
  private final String url;

  private ChildNode(Process process, HttpClient http, String url) {
    this.process = process;
    this.http = http;
    this.url = url;
  }

  record Answer(int status, JsonObject body) {
    boolean ok() {
      return status == 200;
    }
  }

  /** Starts one and waits until it says that it is ready. */
  static ChildNode start(Path data, Path log) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules",
            "jdk.incubator.vector",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path"),
            "io.millrace.app.Main",
            "run",
            "--port",
            "0",
            "--data",
            data.toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    try {
      BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
      String line =
          CompletableFuture.supplyAsync(() -> firstLine(out))
              .get(READY_WITHIN.toSeconds(), TimeUnit.SECONDS);
      if (!line.startsWith("ready ")) {
        throw new AssertionError("the node said " + line + "; its log is " + log);
      }
      return new ChildNode(
          process,
          HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
          line.substring("ready ".length()).strip());
    } catch (Exception | Error e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static String firstLine(BufferedReader out) {
    try {
      return String.valueOf(out.readLine());
    } catch (IOException e) {
      return e.toString();
    }
  }

  CompletableFuture<Answer> send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path))
            .header("content-type", "application/json")
            .timeout(ANSWER_WITHIN)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .build();
    return http.sendAsync(request, BodyHandlers.ofString()).thenApply(ChildNode::answer);
  }

  /**
   * Asks until there is an answer, as clients do: every call may be repeated. Throws {@link Gone}
   * when the node is.
   */
  Answer call(String method, String path, String body) {
    for (int attempt = 1; ; attempt++) {
      try {
        return send(method, path, body).join();
      } catch (CompletionException cutOff) {
        if (!process.isAlive() || attempt == ATTEMPTS) {
          throw new Gone(
              method + " " + path + " has no answer; the node lives=" + process.isAlive(), cutOff);
        }
      }
    }
  }

  /** The lines of an answer that is a stream of them. */
  List<String> lines(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + path)).timeout(ANSWER_WITHIN).build();
    return http.sendAsync(request, BodyHandlers.ofString()).join().body().lines().toList();
  }

  /** The node did not answer. */
  static final class Gone extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Gone(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private static Answer answer(HttpResponse<String> response) {
    return new Answer(
        response.statusCode(), JsonParser.parseString(response.body()).getAsJsonObject());
  }

  /** Whether it is gone within so many milliseconds by itself. */
  boolean endsWithin(long ms) throws InterruptedException {
    return process.waitFor(ms, TimeUnit.MILLISECONDS);
  }

  /** The same as {@code kill -9}. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
    http.shutdownNow();
  }
}
