package io.millrace.app;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A node somewhere, spoken to as JSON over HTTP. Safe from any thread. */
final class Client implements AutoCloseable {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_WITHIN)
          .build();
  private final URI base;

  /**
   * Speaks to {@code HOST:PORT}.
   *
   * @throws CommandFailed when that is not an address
   */
  Client(String server) {
    try {
      String plain = server.replaceFirst("^http://", "").replaceFirst("/$", "");
      base = URI.create("http://" + plain);
      if (base.getHost() == null || base.getPort() < 0 || !base.getPath().isEmpty()) {
        throw new IllegalArgumentException("no host and port");
      }
    } catch (IllegalArgumentException wrong) {
      throw new CommandFailed(
          CommandFailed.USAGE, "server is \"" + server + "\", expected HOST:PORT");
    }
  }

  /** What a node answered. */
  record Answer(int status, String body) {
    JsonElement json() {
      try {
        return JsonParser.parseString(body);
      } catch (JsonParseException broken) {
        throw new CommandFailed(
            CommandFailed.UNREACHABLE, "the server did not answer JSON: is it a Millrace node?");
      }
    }

    /** The object of a good answer; a refusal becomes a {@link CommandFailed}. */
    JsonObject ok() {
      JsonElement json = json();
      if (status == 200 && json.isJsonObject()) {
        return json.getAsJsonObject();
      }
      throw refused(json);
    }

    CommandFailed refused(JsonElement json) {
      String message =
          json.isJsonObject() && json.getAsJsonObject().has("message")
              ? json.getAsJsonObject().get("message").getAsString()
              : body;
      int code =
          switch (status) {
            case 400, 413, 415 -> CommandFailed.USAGE;
            case 404, 409 -> CommandFailed.RESULT;
            default -> CommandFailed.UNREACHABLE;
          };
      return new CommandFailed(code, "the server refused (" + status + "): " + message);
    }
  }

  Answer get(String path) {
    return send(HttpRequest.newBuilder(base.resolve(path)).GET());
  }

  /** Copies a good answer of any length; a refusal becomes a {@link CommandFailed}. */
  void copy(String path, OutputStream to) {
    try {
      HttpResponse<InputStream> answer =
          http.send(
              HttpRequest.newBuilder(base.resolve(path)).timeout(ANSWER_WITHIN).GET().build(),
              BodyHandlers.ofInputStream());
      try (InputStream body = answer.body()) {
        if (answer.statusCode() != 200) {
          Answer refused =
              new Answer(
                  answer.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
          throw refused.refused(refused.json());
        }
        body.transferTo(to);
      }
    } catch (IOException broken) {
      throw unreachable(broken);
    } catch (InterruptedException stopped) {
      throw interrupted();
    }
  }

  Answer delete(String path) {
    return send(HttpRequest.newBuilder(base.resolve(path)).DELETE());
  }

  Answer post(String path, String body) {
    return send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private Answer send(HttpRequest.Builder request) {
    try {
      var answer = http.send(request.timeout(ANSWER_WITHIN).build(), BodyHandlers.ofString());
      return new Answer(answer.statusCode(), answer.body());
    } catch (IOException broken) {
      throw unreachable(broken);
    } catch (InterruptedException stopped) {
      throw interrupted();
    }
  }

  private CommandFailed unreachable(IOException broken) {
    return new CommandFailed(
        CommandFailed.UNREACHABLE,
        "no node answers at "
            + base.getAuthority()
            + (broken.getMessage() == null ? "" : ": " + broken.getMessage()));
  }

  private static CommandFailed interrupted() {
    Thread.currentThread().interrupt();
    return new CommandFailed(CommandFailed.UNREACHABLE, "interrupted");
  }

  /** A text as one segment of a path, or as a value of a query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Override
  public void close() {
    http.close();
  }
}
