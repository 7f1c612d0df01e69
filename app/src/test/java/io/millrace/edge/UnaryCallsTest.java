package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.google.protobuf.MessageLite;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnaryCallsTest {
  private static final String FEED = "/millrace.v1.FeedService/GetFeed";
  private static final String RANK = "/millrace.v1.FeedService/Rank";
  private static final String RECORD = "/millrace.v1.EventService/Record";

  private static ActorTestKit kit;
  private FakeNode node;
  private GrpcServices services;
  private UnaryCalls unary;

  @BeforeAll
  static void start() {
    kit = ActorTestKit.create();
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @BeforeEach
  void fresh() {
    Config config =
        ConfigFactory.parseString(
                "millrace.edge { port = 0, max-body-bytes = 1024 }, millrace.surfaces { home {} }")
            .withFallback(ConfigFactory.load());
    EdgeSettings settings = EdgeSettings.of(config);
    node = new FakeNode(kit.system());
    node.put("a", "b", "c");
    Endpoints endpoints = Endpoints.of(node, settings);
    services = new GrpcServices(endpoints, settings, kit.system());
    unary = new UnaryCalls(endpoints, kit.system());
  }

  @Test
  void a_message_at_hand_is_answered_without_a_stream() throws Exception {
    HttpResponse answer = await(unary.answer(FEED, request(FEED, strict(frame(feed("anna", 2))))));

    ByteString data = entity(answer);
    GetFeedResponse response = GetFeedResponse.parseFrom(data.drop(5).toArrayUnsafe());
    assertEquals(2, response.getItemsCount());
  }

  @Test
  void answers_and_errors_are_those_of_a_message_that_comes_as_a_stream() throws Exception {
    sameEitherWay(FEED, frame(feed("anna", 2)));
    sameEitherWay(FEED, frame(feed("", 2)));
    sameEitherWay(FEED, frame(feed("anna", 500)));
    sameEitherWay(FEED, ByteString.fromArray(new byte[] {0, 0, 0, 0, 2, (byte) 0xff, (byte) 0xff}));
    sameEitherWay(RANK, frame(RankRequest.getDefaultInstance()));
    sameEitherWay(RECORD, frame(RecordRequest.getDefaultInstance()));
    sameEitherWay(
        RECORD,
        frame(
            RecordRequest.newBuilder()
                .addEvents(
                    Interaction.newBuilder()
                        .setEventId("e1")
                        .setUserId("anna")
                        .setItemId("a")
                        .setKind(Kind.LIKE))
                .build()));
  }

  @Test
  void a_deadline_that_is_none_is_refused() throws Exception {
    HttpRequest request =
        request(FEED, strict(frame(feed("anna", 2))))
            .addHeader(RawHeader.create("grpc-timeout", "soon"));

    HttpResponse answer = await(services.handle(request));

    assertEquals("3", header(answer, "grpc-status"));
  }

  @Test
  void anything_else_is_left_to_the_generated_handlers() {
    ByteString whole = frame(feed("anna", 2));
    ByteString compressed = ByteString.fromArray(new byte[] {1}).concat(whole.drop(1));

    assertNull(unary.answer(FEED, request(FEED, streamed(whole))));
    assertNull(unary.answer(FEED, request(FEED, strict(compressed))));
    assertNull(unary.answer(FEED, request(FEED, strict(whole.dropRight(1)))));
    assertNull(unary.answer(FEED, request(FEED, strict(whole.concat(whole)))));
    assertNull(unary.answer(FEED, request(FEED, strict(ByteString.emptyByteString()))));
    assertNull(
        unary.answer(
            FEED,
            request(
                FEED,
                HttpEntities.create(ContentTypes.parse("application/grpc-web+proto"), whole))));
    String similar = "/millrace.v1.FeedService/Similar";
    assertNull(unary.answer(similar, request(similar, strict(whole))));
  }

  @Test
  void a_message_larger_than_a_body_may_be_is_refused_either_way() throws Exception {
    ByteString large = frame(feed("a".repeat(2_000), 2));

    assertNull(unary.answer(FEED, request(FEED, strict(large))));
    assertEquals("3", header(await(services.handle(request(FEED, strict(large)))), "grpc-status"));
    sameEitherWay(FEED, large);
  }

  private void sameEitherWay(String path, ByteString body) throws Exception {
    node.recorded.clear();
    HttpResponse atHand = await(services.handle(request(path, strict(body))));
    node.recorded.clear();
    HttpResponse asStream = await(services.handle(request(path, streamed(body))));

    assertEquals(asStream.status(), atHand.status());
    assertEquals(asStream.entity().getContentType(), atHand.entity().getContentType());
    for (String name : new String[] {"grpc-status", "grpc-message"}) {
      assertEquals(header(asStream, name), header(atHand, name), path);
    }
    assertEquals(
        asStream.getAttribute(AttributeKeys.trailer), atHand.getAttribute(AttributeKeys.trailer));
    assertEquals(entity(asStream).size(), entity(atHand).size());
  }

  private static String header(HttpResponse answer, String name) {
    return answer.getHeader(name).map(header -> header.value()).orElse("");
  }

  private static GetFeedRequest feed(String userId, int size) {
    return GetFeedRequest.newBuilder().setUserId(userId).setSize(size).setRequestId("r").build();
  }

  private static HttpRequest request(String path, RequestEntity entity) {
    return HttpRequest.POST(path).withEntity(entity);
  }

  private static RequestEntity strict(ByteString body) {
    return HttpEntities.create(ContentTypes.parse("application/grpc"), body);
  }

  private static RequestEntity streamed(ByteString body) {
    return HttpEntities.createChunked(ContentTypes.parse("application/grpc"), Source.single(body));
  }

  private static ByteString frame(MessageLite message) {
    byte[] bytes = message.toByteArray();
    return ByteString.fromArray(
        ByteBuffer.allocate(5 + bytes.length)
            .put((byte) 0)
            .putInt(bytes.length)
            .put(bytes)
            .array());
  }

  private static ByteString entity(HttpResponse answer) throws Exception {
    return await(answer.entity().toStrict(5_000, kit.system())).getData();
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    assertNotNull(stage);
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
