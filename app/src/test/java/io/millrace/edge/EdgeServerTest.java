package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthClient;
import io.millrace.proto.v1.CatalogServiceClient;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.EventServiceClient;
import io.millrace.proto.v1.FeedServiceClient;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.MergeRequest;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.StartersRequest;
import io.millrace.proto.v1.UserServiceClient;
import io.millrace.user.UserActor;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.grpc.GrpcClientSettings;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("server")
class EdgeServerTest {
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.http.server.enable-http2 = on
              pekko.http.server.request-timeout = infinite
              pekko.http.server.http2.min-collect-strict-entity-size = 1
              pekko.http.server.transparent-head-requests = on
              pekko.loglevel = WARNING
              millrace.edge.port = 0
              millrace.edge.max-events-in-flight = 600
              millrace.surfaces { home {}, shop {} }
              """)
          .withFallback(ConfigFactory.load());
  private static ActorTestKit kit;
  private static FakeNode node;
  private static EdgeServer.Bound bound;
  private static HttpClient http;
  private static GrpcClientSettings grpc;

  @BeforeAll
  static void start() throws Exception {
    kit = ActorTestKit.create("edge", CONFIG);
    node = new FakeNode(kit.system());
    bound =
        EdgeServer.bind(node, EdgeSettings.of(CONFIG))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    grpc =
        GrpcClientSettings.connectToServiceAt("127.0.0.1", bound.address().getPort(), kit.system())
            .withTls(false);
  }

  @AfterAll
  static void stop() throws Exception {
    http.close();
    bound.close(Duration.ofSeconds(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    kit.shutdownTestKit();
  }

  @BeforeEach
  void fresh() {
    node.items.clear();
    node.retired.clear();
    node.recorded.clear();
    node.userAnswer = null;
    node.silent = false;
    node.learning = "";
    node.ready = true;
    node.lag = Duration.ZERO;
    node.vectorLength = 0;
    node.put("a", "b", "c");
  }

  @Test
  void a_feed_is_json_with_plain_numbers_and_is_never_cached() throws Exception {
    HttpResponse<String> answer = get("/v1/users/anna/feed?size=2&requestId=r1");

    assertEquals(200, answer.statusCode());
    assertEquals("no-store", answer.headers().firstValue("cache-control").orElse(""));
    JsonObject feed = object(answer);
    assertEquals("r1", feed.get("requestId").getAsString());
    assertTrue(feed.getAsJsonPrimitive("asOfUserSeq").isNumber());
    assertEquals(2, feed.getAsJsonArray("items").size());
    JsonObject first = feed.getAsJsonArray("items").get(0).getAsJsonObject();
    assertEquals("a", first.get("itemId").getAsString());
    assertEquals("popular today", first.getAsJsonArray("reasons").get(0).getAsString());
    assertEquals(0, feed.getAsJsonArray("degraded").size());
  }

  @Test
  void what_a_query_says_reaches_the_pipeline() throws Exception {
    get(
        "/v1/users/a%2Fb%20c/feed?preview=true&surface=shop&explain=1&category=x&category=y,z&maxPrice=2.5");

    var question = node.lastQuestion;
    assertNotNull(question);
    assertEquals("a/b c", question.userId());
    assertEquals("shop", question.surface());
    assertEquals(20, question.size());
    assertEquals(List.of("x", "y", "z"), question.filter().categories());
    assertEquals(2.5, question.filter().maxPrice());
    assertFalse(question.requestId().isEmpty());
  }

  @Test
  void events_are_recorded_with_numbers_or_digits_and_a_repeat_says_so() throws Exception {
    String body =
        """
        {"events":[
          {"eventId":"e1","userId":"anna","itemId":"a","kind":"LIKE","timeMillis":1000},
          {"eventId":"e2","userId":"bob","itemId":"nobody-knows","kind":"VIEW","timeMillis":"2000",
           "view":{"playedMs":"30000","visibleShare":0.5}}]}
        """;

    JsonArray results = object(post("/v1/events", body)).getAsJsonArray("results");
    JsonArray again = object(post("/v1/events", body)).getAsJsonArray("results");

    assertEquals("RECORDED", results.get(0).getAsJsonObject().get("status").getAsString());
    assertEquals("e2", results.get(1).getAsJsonObject().get("eventId").getAsString());
    assertEquals(1, results.get(1).getAsJsonObject().get("userSeq").getAsLong());
    assertEquals("REPEATED", again.get(0).getAsJsonObject().get("status").getAsString());
    assertEquals(1_000, node.recorded.get("anna").getFirst().atMs());
    assertNotNull(node.recorded.get("anna").getFirst().card());
    assertEquals(30_000, node.recorded.get("bob").getFirst().view().playedMs());
  }

  @Test
  void one_bad_event_refuses_the_batch_and_every_bad_one_is_named() throws Exception {
    HttpResponse<String> answer =
        post(
            "/v1/events",
            "{\"events\":["
                + "{\"eventId\":\"e1\",\"userId\":\"anna\",\"itemId\":\"a\",\"kind\":\"LIKE\"},"
                + "{\"eventId\":\"e2\",\"userId\":\"\",\"itemId\":\"a\",\"kind\":\"LIKE\"},"
                + "{\"eventId\":\"e3\",\"userId\":\"anna\",\"itemId\":\""
                + "i".repeat(300)
                + "\",\"kind\":\"LIKE\"}]}");

    assertEquals(400, answer.statusCode());
    JsonObject error = object(answer);
    assertEquals("INVALID_ARGUMENT", error.get("code").getAsString());
    assertEquals(
        "events[1].userId is empty, expected 1 to 256 bytes",
        error.getAsJsonArray("details").get(0).getAsString());
    assertEquals(
        "events[2].itemId is 300 bytes, expected 1 to 256 bytes",
        error.getAsJsonArray("details").get(1).getAsString());
    assertEquals(0, node.recorded.size());
  }

  @Test
  void a_token_belongs_to_its_user_and_item_and_brings_its_request() throws Exception {
    JsonObject feed = object(get("/v1/users/anna/feed?requestId=r9"));
    String token = feed.getAsJsonArray("items").get(1).getAsJsonObject().get("token").getAsString();

    String event =
        "{\"events\":[{\"eventId\":\"%s\",\"userId\":\"%s\",\"itemId\":\"%s\",\"kind\":\"CLICK\",\"token\":\"%s\"}]}";
    assertEquals(200, post("/v1/events", event.formatted("e1", "anna", "b", token)).statusCode());
    assertEquals(400, post("/v1/events", event.formatted("e2", "bob", "b", token)).statusCode());
    assertEquals(400, post("/v1/events", event.formatted("e3", "anna", "a", token)).statusCode());
    assertEquals(
        400, post("/v1/events", event.formatted("e4", "anna", "b", "X" + token)).statusCode());

    assertEquals("r9", node.recorded.get("anna").getFirst().requestId());
    assertEquals(1, node.recorded.get("anna").getFirst().slot());
  }

  @Test
  void bad_input_over_http_has_the_right_status_and_one_shape_of_error() throws Exception {
    assertError(404, "NOT_FOUND", get("/nothing/here/at/all"));
    assertError(404, "NOT_FOUND", get("/v1/nothing"));
    assertError(404, "NOT_FOUND", get("/../etc/passwd"));
    assertError(404, "NOT_FOUND", get("/v1/items/unknown"));
    assertError(405, "METHOD_NOT_ALLOWED", get("/v1/events"));
    assertError(405, "METHOD_NOT_ALLOWED", post("/v1/users/anna/feed", "{}"));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", "{\"events\":[{"));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", "[]"));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", "null"));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", ""));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", "{\"evnts\":[]}"));
    assertTrue(post("/v1/events", "{\"evnts\":[]}").body().contains("evnts"));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", "{\"events\":[]}"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/feed?size=101"));
    byte[] noText = "{\"events\":[{\"eventId\":\"1?\"}]}".getBytes(StandardCharsets.US_ASCII);
    noText[24] = (byte) 0xff;
    HttpResponse<String> notUtf8 =
        send(request("/v1/events").POST(BodyPublishers.ofByteArray(noText)));
    assertError(400, "INVALID_ARGUMENT", notUtf8);
    assertTrue(notUtf8.body().contains("not UTF-8 at byte 24"), notUtf8.body());
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/feed?size=-1"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/feed?size=many"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/feed?surface=cellar"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/" + "u".repeat(257) + "/feed"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users//feed"));
    assertError(400, "INVALID_ARGUMENT", get("//v1/users/anna/feed"));
    assertError(400, "INVALID_ARGUMENT", get("//"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/%FF/feed"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/feed?exclude=%FF"));
    assertTrue(post("/v1/events", "[".repeat(10_000)).body().length() < 600);
    assertError(
        413, "PAYLOAD_TOO_LARGE", post("/v1/events", "{\"events\":[" + " ".repeat(5 << 20) + "]}"));
    assertError(
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        send(
            request("/v1/events")
                .header("content-type", "text/xml")
                .POST(BodyPublishers.ofString("<a/>"))));
  }

  /** A client that sends all before it reads, as most do. */
  @Test
  void a_body_that_is_far_too_large_or_broken_is_told_so_and_not_cut_off() throws Exception {
    String head = "POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    String spaces = " ".repeat(1 << 20);

    assertTrue(
        sent(head + "content-length: " + (10 << 20) + "\r\n\r\n", spaces, 10)
            .startsWith("HTTP/1.1 413"));
    assertTrue(
        sent(
                head + "transfer-encoding: chunked\r\n\r\n",
                "100000\r\n" + spaces + "\r\n",
                10,
                "0\r\n\r\n")
            .startsWith("HTTP/1.1 413"));
    assertTrue(
        sent(head + "transfer-encoding: chunked\r\n\r\n", "ZZZ\r\n", 1).startsWith("HTTP/1.1 400"));
    assertEquals(200, get("/livez").statusCode());
  }

  private static String sent(String head, String part, int times, String... end)
      throws IOException {
    try (Socket socket = new Socket(bound.address().getAddress(), bound.address().getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      for (int i = 0; i < times; i++) {
        out.write(part.getBytes(StandardCharsets.US_ASCII));
      }
      for (String last : end) {
        out.write(last.getBytes(StandardCharsets.US_ASCII));
      }
      return new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
          .readLine();
    }
  }

  @Test
  void overload_is_refused_early_and_says_when_to_come_back() throws Exception {
    node.lag = Duration.ofSeconds(11);
    HttpResponse<String> lagging = post("/v1/events", like("e1"));
    assertError(429, "RESOURCE_EXHAUSTED", lagging);
    assertEquals("1", lagging.headers().firstValue("retry-after").orElse(""));

    node.lag = Duration.ZERO;
    StringBuilder many = new StringBuilder("{\"events\":[");
    for (int i = 0; i < 700; i++) {
      many.append(i == 0 ? "" : ",")
          .append(
              "{\"eventId\":\"e%d\",\"userId\":\"u%d\",\"itemId\":\"a\",\"kind\":\"LIKE\"}"
                  .formatted(i, i));
    }
    assertError(429, "RESOURCE_EXHAUSTED", post("/v1/events", many.append("]}").toString()));
    assertEquals(0, node.recorded.size());
  }

  @Test
  void without_room_nothing_of_a_batch_is_read() throws Exception {
    node.lag = Duration.ofSeconds(11);
    assertError(429, "RESOURCE_EXHAUSTED", post("/v1/events", nonsense(1)));
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", nonsense(1_001)));

    node.lag = Duration.ZERO;
    assertError(400, "INVALID_ARGUMENT", post("/v1/events", nonsense(1)));
  }

  @Test
  void bad_batches_leave_the_room_that_they_were_given() throws Exception {
    for (int i = 0; i < 20; i++) {
      assertError(400, "INVALID_ARGUMENT", post("/v1/events", nonsense(400)));
    }

    assertEquals(200, post("/v1/events", like("e1")).statusCode());
  }

  private static String nonsense(int events) {
    return "{\"events\":[" + String.join(",", Collections.nCopies(events, "{}")) + "]}";
  }

  @Test
  void a_caller_beyond_its_share_is_refused_and_others_are_not() throws Exception {
    Config limited =
        ConfigFactory.parseString(
                """
                millrace.edge.callers { by-header = x-caller, feeds-per-second = 1, burst = 1 s }
                millrace.edge.callers.events-per-second = 1
                """)
            .withFallback(CONFIG);
    EdgeServer.Bound other =
        EdgeServer.bind(node, EdgeSettings.of(limited)).toCompletableFuture().get();
    URI feed = URI.create("http://127.0.0.1:" + other.address().getPort() + "/v1/users/anna/feed");
    FeedServiceClient client =
        FeedServiceClient.create(
            GrpcClientSettings.connectToServiceAt(
                    "127.0.0.1", other.address().getPort(), kit.system())
                .withTls(false),
            kit.system());
    try {
      HttpRequest.Builder one = HttpRequest.newBuilder(feed).header("x-caller", "one");
      assertEquals(200, send(one).statusCode());
      HttpResponse<String> refused = send(one);
      assertError(429, "RESOURCE_EXHAUSTED", refused);
      assertEquals("1", refused.headers().firstValue("retry-after").orElse(""));
      assertEquals(200, send(HttpRequest.newBuilder(feed).header("x-caller", "two")).statusCode());

      GetFeedRequest question = GetFeedRequest.newBuilder().setUserId("anna").build();
      await(client.getFeed().addHeader("x-caller", "three").invoke(question));
      ExecutionException again =
          assertThrows(
              ExecutionException.class,
              () -> await(client.getFeed().addHeader("x-caller", "three").invoke(question)));
      assertTrue(again.getMessage().contains("RESOURCE_EXHAUSTED"), again.getMessage());
      assertTrue(
          other.metrics().scrape().contains("millrace_callers_refused_total{of=\"feeds\"} 2"));
    } finally {
      await(client.close());
      other.close(Duration.ofSeconds(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void a_busy_user_or_store_is_a_result_of_its_event() throws Exception {
    node.userAnswer = new UserActor.Rejected(UserActor.Reason.STORE_UNAVAILABLE, "disk hangs");

    JsonObject result =
        object(post("/v1/events", like("e1"))).getAsJsonArray("results").get(0).getAsJsonObject();

    assertEquals("STORE_UNAVAILABLE", result.get("status").getAsString());
    assertEquals("disk hangs", result.get("detail").getAsString());
  }

  @Test
  void a_feed_that_never_comes_is_a_deadline_and_not_a_wait() throws Exception {
    node.silent = true;

    HttpResponse<String> answer =
        send(request("/v1/users/anna/feed").header("grpc-timeout", "50m").GET());

    assertError(504, "DEADLINE_EXCEEDED", answer);
    assertError(
        400,
        "INVALID_ARGUMENT",
        send(request("/v1/users/anna/feed").header("grpc-timeout", "soon").GET()));
  }

  @Test
  void a_map_places_the_user_popular_items_and_those_that_were_asked_for() throws Exception {
    JsonObject map = object(get("/v1/users/anna/map?popular=1&include=c,unheard-of"));

    assertEquals(1, map.get("generation").getAsInt());
    assertEquals(-.5, map.getAsJsonObject("user").get("y").getAsDouble());
    assertEquals(2, map.getAsJsonArray("items").size());
    JsonObject first = map.getAsJsonArray("items").get(0).getAsJsonObject();
    assertEquals("Title of a", first.get("title").getAsString());
    assertEquals(.75, first.get("strength").getAsDouble());
    assertFalse(map.getAsJsonArray("items").get(1).getAsJsonObject().has("strength"));
    JsonObject region = map.getAsJsonArray("regions").get(0).getAsJsonObject();
    assertEquals("Drama", region.get("category").getAsString());
    assertEquals(3, object(get("/v1/users/anna/map")).getAsJsonArray("items").size());
  }

  @Test
  void before_the_first_generation_a_map_is_empty_and_says_why() throws Exception {
    node.learning = "training, users: 40 %";

    JsonObject map = object(get("/v1/users/anna/map"));

    assertEquals(0, map.get("generation").getAsInt());
    assertEquals("training, users: 40 %", map.get("learning").getAsString());
    assertEquals(0, map.getAsJsonArray("items").size());
    assertFalse(map.has("user"));
  }

  @Test
  void starters_are_as_many_as_asked_for() throws Exception {
    assertEquals(3, object(get("/v1/starters")).getAsJsonArray("items").size());
    JsonObject one = object(get("/v1/starters?size=1"));
    assertEquals(1, one.getAsJsonArray("items").size());
    assertEquals(
        "a", one.getAsJsonArray("items").get(0).getAsJsonObject().get("itemId").getAsString());
  }

  @Test
  void maps_and_starters_refuse_absurd_counts_and_too_many_ids() throws Exception {
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/map?popular=501"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/map?popular=-1"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/anna/map?popular=many"));
    assertError(400, "INVALID_ARGUMENT", get("/v1/starters?size=51"));
    String ids = String.join(",", Collections.nCopies(101, "a"));
    HttpResponse<String> many = get("/v1/users/anna/map?include=" + ids);
    assertError(400, "INVALID_ARGUMENT", many);
    assertTrue(many.body().contains("include has 101 entries, expected at most 100"), many.body());
    assertError(400, "INVALID_ARGUMENT", get("/v1/users/" + "a".repeat(257) + "/map?include=a"));
  }

  @Test
  void items_are_put_read_and_retired() throws Exception {
    HttpResponse<String> put =
        send(
            request("/v1/items/new%20one")
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofString("{\"title\":\"New\",\"price\":3.5,\"stock\":\"4\"}")));
    assertEquals(200, put.statusCode(), put.body());
    JsonObject item = object(get("/v1/items/new%20one")).getAsJsonObject("item");
    assertEquals("New", item.get("title").getAsString());
    assertEquals(FakeNode.NOW.toEpochMilli(), item.get("createdAtMillis").getAsLong());

    assertEquals(200, send(request("/v1/items/a").DELETE()).statusCode());
    assertTrue(object(get("/v1/items/a")).get("retired").getAsBoolean());
    assertFalse(get("/v1/users/x/feed").body().contains("Title of a"));
    assertError(404, "NOT_FOUND", send(request("/v1/items/unknown").DELETE()));
    assertError(
        400,
        "INVALID_ARGUMENT",
        send(request("/v1/items/x").PUT(BodyPublishers.ofString("{\"itemId\":\"y\"}"))));
    assertEquals(200, get("/v1/items/a/similar?size=3").statusCode());
  }

  @Test
  void all_vectors_are_as_long_as_the_first() throws Exception {
    assertEquals(200, put("v1", "{\"vector\":[1,2,3]}").statusCode());
    HttpResponse<String> other = put("v2", "{\"vector\":[1,2]}");
    assertError(400, "INVALID_ARGUMENT", other);
    assertTrue(other.body().contains("vector has 2 values, expected 3"), other.body());
    assertError(400, "INVALID_ARGUMENT", put("v3", "{\"vector\":[1,\"NaN\",2]}"));
    assertError(400, "INVALID_ARGUMENT", put("v4", "{\"price\":-1}"));
  }

  @Test
  void every_method_answers_json_under_its_grpc_path() throws Exception {
    JsonObject feed =
        object(post("/millrace.v1.FeedService/GetFeed", "{\"userId\":\"anna\",\"size\":1}"));
    assertEquals(1, feed.getAsJsonArray("items").size());
    HttpResponse<String> put =
        post(
            "/millrace.v1.CatalogService/Put",
            "{\"itemId\":\"p1\"}\n{\"itemId\":\"p2\",\"price\":-1}\n");
    JsonArray results = JsonParser.parseString(put.body()).getAsJsonArray();
    assertEquals("", results.get(0).getAsJsonObject().get("error").getAsString());
    assertEquals(
        "price is -1.0, expected a finite number, at least 0",
        results.get(1).getAsJsonObject().get("error").getAsString());
    assertEquals(
        7,
        object(
                post(
                    "/millrace.v1.UserService/SetPreferences",
                    "{\"userId\":\"anna\",\"preferences\":{\"likedCategories\":[\"x\"]}}"))
            .get("userSeq")
            .getAsLong());
    assertError(400, "INVALID_ARGUMENT", post("/millrace.v1.UserService/Forget", "{}"));
    assertEquals(
        200, post("/millrace.v1.UserService/Forget", "{\"userId\":\"anna\"}").statusCode());
    assertError(404, "NOT_FOUND", post("/millrace.v1.FeedService/Nothing", "{}"));
  }

  @Test
  void a_merge_names_its_source_in_the_path_and_says_what_is_in_the_way() throws Exception {
    HttpResponse<String> merged = post("/v1/users/visitor/merge", "{\"targetUserId\":\"anna\"}");
    assertEquals("{\"userSeq\":9}", merged.body());
    assertError(400, "INVALID_ARGUMENT", post("/v1/users/visitor/merge", "{}"));
    assertError(
        400,
        "INVALID_ARGUMENT",
        post("/v1/users/visitor/merge", "{\"sourceUserId\":\"x\",\"targetUserId\":\"anna\"}"));
    node.userAnswer = new UserActor.Rejected(UserActor.Reason.ABORTED, "anna is becoming bert");
    assertError(409, "ABORTED", post("/v1/users/visitor/merge", "{\"targetUserId\":\"anna\"}"));
  }

  @Test
  void a_backup_goes_to_a_folder_that_is_named_whole() throws Exception {
    HttpResponse<String> done = post("/internal/backup", "{\"to\":\"/backups/one\"}");
    assertEquals(
        "{\"running\":false,\"files\":7,\"bytes\":1000,\"taken\":\"2026-03-01T12:00:00Z\"}",
        done.body());
    assertError(400, "INVALID_ARGUMENT", post("/internal/backup", "{\"to\":\"/x/taken\"}"));
    for (String wrong : new String[] {"", "[]", "{}", "{\"to\":\"relative\"}", "{\"to\":[]}"}) {
      assertError(400, "INVALID_ARGUMENT", post("/internal/backup", wrong));
    }
  }

  @Test
  void an_export_comes_as_lines_over_every_carrier() throws Exception {
    String lines = "{\"type\":\"user\",\"userId\":\"anna\"}\n{\"type\":\"end\"}\n";

    HttpResponse<String> rest = get("/v1/users/anna/export");
    assertEquals("application/x-ndjson", rest.headers().firstValue("content-type").orElse(""));
    assertEquals(lines, rest.body());
    assertEquals(lines, post("/millrace.v1.UserService/Export", "{\"userId\":\"anna\"}").body());
    assertError(400, "INVALID_ARGUMENT", post("/millrace.v1.UserService/Export", "{}"));
  }

  @Test
  void operators_see_life_readiness_metrics_and_numbers_for_the_page() throws Exception {
    assertEquals(200, get("/livez").statusCode());
    assertEquals(200, get("/readyz").statusCode());
    node.ready = false;
    assertEquals(503, get("/readyz").statusCode());
    get("/v1/users/anna/feed");
    String metrics = get("/metrics").body();
    assertTrue(metrics.contains("millrace_feed_seconds_bucket"), metrics);
    assertTrue(metrics.contains("millrace_feeds_total{surface=\"home\"}"), metrics);
    assertTrue(metrics.contains("jvm_memory_used_bytes"), metrics);
    JsonObject stats = object(get("/v1/stats"));
    assertEquals(3, stats.get("indexSize").getAsLong());
    assertTrue(stats.has("feedP99Millis"));
    assertTrue(object(post("/internal/drain", "")).get("drained").getAsBoolean());
    for (String again : List.of("", "?again=true")) {
      assertTrue(object(post("/internal/checkpoint" + again, "")).get("written").getAsBoolean());
    }
  }

  @Test
  void the_page_is_served_with_its_modules() throws Exception {
    HttpResponse<String> page = get("/");
    assertEquals(200, page.statusCode());
    assertTrue(page.headers().firstValue("content-type").orElse("").startsWith("text/html"));
    assertTrue(
        get("/app.js")
            .headers()
            .firstValue("content-type")
            .orElse("")
            .startsWith("text/javascript"));
    assertEquals(200, send(request("/").method("HEAD", BodyPublishers.noBody())).statusCode());
  }

  @Test
  void grpc_answers_on_the_same_port() throws Exception {
    FeedServiceClient feeds = FeedServiceClient.create(grpc, kit.system());
    EventServiceClient events = EventServiceClient.create(grpc, kit.system());
    CatalogServiceClient catalog = CatalogServiceClient.create(grpc, kit.system());
    HealthClient health = HealthClient.create(grpc, kit.system());
    UserServiceClient users = UserServiceClient.create(grpc, kit.system());

    GetFeedResponse feed =
        await(feeds.getFeed(GetFeedRequest.newBuilder().setUserId("anna").setSize(2).build()));
    assertEquals(2, feed.getItemsCount());
    assertEquals(
        2,
        await(
                users.getMap(
                    GetMapRequest.newBuilder()
                        .setUserId("anna")
                        .setPopular(0)
                        .addInclude("a")
                        .addInclude("c")
                        .build()))
            .getItemsCount());
    assertEquals(3, await(feeds.starters(StartersRequest.getDefaultInstance())).getItemsCount());
    assertEquals(
        ServingStatus.SERVING,
        await(health.check(HealthCheckRequest.getDefaultInstance())).getStatus());

    List<EventResult> acknowledged =
        await(
            events.stream(
                    Source.range(1, 1_500)
                        .map(i -> interaction("s" + i, i % 100 == 0 ? "" : "u" + i % 7)))
                .runWith(Sink.seq(), kit.system()));
    assertEquals(1_500, acknowledged.size());
    for (int i = 1; i <= 1_500; i++) {
      EventResult result = acknowledged.get(i - 1);
      assertEquals("s" + i, result.getEventId());
      assertEquals(
          i % 100 == 0 ? EventResult.Status.INVALID : EventResult.Status.RECORDED,
          result.getStatus());
    }
    List<PutResult> put =
        await(
            catalog
                .put(
                    Source.from(
                        List.of(
                            Item.newBuilder().setItemId("g1").build(), Item.getDefaultInstance())))
                .runWith(Sink.seq(), kit.system()));
    assertEquals("", put.get(0).getError());
    assertEquals("itemId is empty, expected 1 to 256 bytes", put.get(1).getError());

    assertEquals(
        Status.Code.INVALID_ARGUMENT,
        code(() -> await(events.record(RecordRequest.getDefaultInstance()))));
    assertEquals(
        Status.Code.INVALID_ARGUMENT,
        code(() -> await(users.merge(MergeRequest.getDefaultInstance()))));
  }

  @Test
  void reflection_answers_under_its_old_and_its_new_name() throws Exception {
    ManagedChannel channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", bound.address().getPort())
            .usePlaintext()
            .build();
    byte[] listServices = {7 << 3 | 2, 0};
    try {
      for (String version : new String[] {"v1", "v1alpha"}) {
        String services =
            raw(
                channel,
                "grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
                listServices);
        assertTrue(services.contains("millrace.v1.FeedService"), version + ": " + services);
        assertTrue(services.contains("grpc.health.v1.Health"), version + ": " + services);
      }
      for (String unknown :
          new String[] {"millrace.v1.FeedService/Nothing", "millrace.v1.Nothing/GetFeed"}) {
        StatusRuntimeException failed =
            assertThrows(
                StatusRuntimeException.class, () -> raw(channel, unknown, new byte[0]), unknown);
        assertEquals(Status.Code.UNIMPLEMENTED, failed.getStatus().getCode());
      }
      StatusRuntimeException garbage =
          assertThrows(
              StatusRuntimeException.class,
              () -> raw(channel, "millrace.v1.FeedService/GetFeed", new byte[] {-1, -1, -1}));
      assertEquals(Status.Code.INVALID_ARGUMENT, garbage.getStatus().getCode());
      StatusRuntimeException noSymbol =
          assertThrows(
              StatusRuntimeException.class,
              () ->
                  raw(
                      channel,
                      "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                      new byte[] {-1, -1, -1}));
      assertEquals(Status.Code.INVALID_ARGUMENT, noSymbol.getStatus().getCode());
      StatusRuntimeException tooLong =
          assertThrows(
              StatusRuntimeException.class,
              () -> raw(channel, "millrace.v1.FeedService/GetFeed", new byte[5 << 20]));
      assertEquals(Status.Code.INVALID_ARGUMENT, tooLong.getStatus().getCode());
      assertEquals(
          "message is 5242880 bytes, expected at most 4194304",
          tooLong.getStatus().getDescription());
    } finally {
      channel.shutdownNow();
    }
  }

  /** The first answer to one message, both as bytes. */
  private static String raw(Channel channel, String method, byte[] message) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName(method)
                .build(),
            CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] bytes) {
            answer.complete(new String(bytes, StandardCharsets.UTF_8));
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            answer.completeExceptionally(new StatusRuntimeException(status));
          }
        },
        new Metadata());
    call.request(1);
    call.sendMessage(message);
    call.halfClose();
    try {
      return answer.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw (StatusRuntimeException) failed.getCause();
    }
  }

  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
          }
        }
      };

  @Test
  void grpc_web_is_framed_on_http_1() throws Exception {
    byte[] message = GetFeedRequest.newBuilder().setUserId("anna").setSize(1).build().toByteArray();
    byte[] frame = new byte[5 + message.length];
    frame[4] = (byte) message.length;
    System.arraycopy(message, 0, frame, 5, message.length);

    HttpResponse<byte[]> answer =
        http.send(
            request("/millrace.v1.FeedService/GetFeed")
                .header("content-type", "application/grpc-web+proto")
                .POST(BodyPublishers.ofByteArray(frame))
                .build(),
            BodyHandlers.ofByteArray());

    assertEquals(200, answer.statusCode());
    byte[] body = answer.body();
    int length = ByteBuffer.wrap(body, 1, 4).getInt();
    GetFeedResponse feed = GetFeedResponse.parser().parseFrom(body, 5, length);
    assertEquals(1, feed.getItemsCount());
    assertEquals((byte) 0x80, body[5 + length]);
  }

  @Test
  void grpc_web_text_is_checked_before_it_is_read() throws Exception {
    byte[] message = GetFeedRequest.newBuilder().setUserId("anna").setSize(1).build().toByteArray();
    byte[] frame = ByteBuffer.allocate(5 + message.length).put(4, (byte) message.length).array();
    System.arraycopy(message, 0, frame, 5, message.length);
    String text = Base64.getEncoder().encodeToString(frame);

    assertTrue(webText(text).contains("grpc-status:0"));
    String pieces =
        Base64.getEncoder().encodeToString(Arrays.copyOf(frame, 4))
            + Base64.getEncoder().encodeToString(Arrays.copyOfRange(frame, 4, frame.length));
    assertTrue(webText(pieces).contains("grpc-status:0"), webText(pieces));
    for (String broken : new String[] {"@" + text, text.substring(8), "A", "AAAA"}) {
      assertTrue(webText(broken).contains("grpc-status:3"), broken + ": " + webText(broken));
    }
  }

  private static String webText(String body) throws Exception {
    HttpResponse<byte[]> answer =
        http.send(
            request("/millrace.v1.FeedService/GetFeed")
                .header("content-type", "application/grpc-web-text+proto")
                .POST(BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofByteArray());
    // Data and trailers are padded each.
    String text = new String(answer.body(), StandardCharsets.US_ASCII);
    // A refusal without data has its status among the headers.
    StringBuilder decoded = new StringBuilder();
    answer
        .headers()
        .firstValue("grpc-status")
        .map("grpc-status:"::concat)
        .ifPresent(decoded::append);
    for (int from = 0; from < text.length(); ) {
      int padding = text.indexOf('=', from);
      int to = padding < 0 ? text.length() : (padding / 4 + 1) * 4;
      byte[] piece = Base64.getDecoder().decode(text.substring(from, to));
      decoded.append(new String(piece, StandardCharsets.ISO_8859_1));
      from = to;
    }
    return decoded.toString();
  }

  private interface Call {
    void make() throws Exception;
  }

  private static Status.Code code(Call call) {
    ExecutionException failed = assertThrows(ExecutionException.class, call::make);
    return ((StatusRuntimeException) failed.getCause()).getStatus().getCode();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static Interaction interaction(String eventId, String userId) {
    return Interaction.newBuilder()
        .setEventId(eventId)
        .setUserId(userId)
        .setItemId("a")
        .setKind(Kind.LIKE)
        .build();
  }

  private static String like(String eventId) {
    return "{\"events\":[{\"eventId\":\"%s\",\"userId\":\"anna\",\"itemId\":\"a\",\"kind\":\"LIKE\"}]}"
        .formatted(eventId);
  }

  private static void assertError(int status, String code, HttpResponse<String> answer) {
    assertEquals(status, answer.statusCode(), answer.body());
    JsonObject error = object(answer);
    assertEquals(code, error.get("code").getAsString());
    assertTrue(error.has("message") && error.has("details"), answer.body());
  }

  private static JsonObject object(HttpResponse<String> answer) {
    return JsonParser.parseString(answer.body()).getAsJsonObject();
  }

  private static HttpResponse<String> put(String id, String body) throws Exception {
    return send(request("/v1/items/" + id).PUT(BodyPublishers.ofString(body)));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(request(path).GET());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return send(
        request(path)
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + bound.address().getPort() + path));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
  }
}
