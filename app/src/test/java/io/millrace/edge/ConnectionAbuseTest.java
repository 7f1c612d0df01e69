package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.proto.v1.ExportRequest;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Connections that mean harm, under the settings that ship: each is bounded or ended, and while it
 * lasts an honest client's feed is answered.
 */
@Tag("server")
final class ConnectionAbuseTest {
  private static final Config SHIPPED = ConfigFactory.parseResources("local.conf");
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.loglevel = WARNING
              millrace.edge.port = 0
              millrace.surfaces { home {}, shop {} }
              """)
          .withFallback(SHIPPED.withOnlyPath("pekko.http"))
          .withFallback(ConfigFactory.load());
  private static final int FRAME_SIZE = 6;
  private static final int REFUSED_STREAM = 7;

  private static ActorTestKit kit;
  private static FakeNode node;
  private static EdgeServer.Bound bound;
  private static HttpClient http;

  @BeforeAll
  static void start() throws Exception {
    kit = ActorTestKit.create("abuse", CONFIG);
    node = new FakeNode(kit.system());
    node.put("a", "b", "c");
    bound =
        EdgeServer.bind(node, EdgeSettings.of(CONFIG))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  }

  @AfterAll
  static void stop() throws Exception {
    http.close();
    bound.close(Duration.ofSeconds(1)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    kit.shutdownTestKit();
  }

  @AfterEach
  void an_honest_feed_is_answered() throws Exception {
    assertHonestFeed();
    node.exported = null;
  }

  @Test
  void a_frame_longer_than_allowed_ends_the_connection_before_it_came() throws Exception {
    try (RawH2 abuse = connect()) {
      // Bytes that the node leaves unread would reset the connection and lose what it said.
      abuse.announce(RawH2.HEADERS, RawH2.END_HEADERS, 1, 1 << 20);
      abuse.flush();

      RawH2.Frame last = abuse.next(RawH2.GOAWAY);
      assertNotNull(last);
      assertEquals(FRAME_SIZE, last.code(4));
      assertTrue(abuse.isEnded());
    }
  }

  @Test
  void rapid_resets_end_the_connection() throws Exception {
    try (RawH2 abuse = connect()) {
      int sent =
          abuse.flood(
              100_000,
              time -> {
                abuse.call(1 + 2 * time, "FeedService/GetFeed");
                abuse.send(RawH2.RESET, 0, 1 + 2 * time, new byte[] {0, 0, 0, 8});
              });

      assertTrue(abuse.isEnded());
      assertTrue(sent < 100_000, sent + " streams were opened and reset");
    }
  }

  @Test
  void floods_of_pings_settings_priorities_and_empty_frames_end_the_connection() throws Exception {
    assertEnded(abuse -> abuse.send(RawH2.PING, 0, 0, new byte[8]));
    assertEnded(abuse -> abuse.send(RawH2.SETTINGS, 0, 0, new byte[] {0, 4, 0, 0, 1, 1}));
    assertEnded(abuse -> abuse.send(RawH2.PRIORITY, 0, 1, new byte[] {0, 0, 0, 0, 1}));
    assertEnded(abuse -> abuse.send(RawH2.DATA, 0, 1, new byte[0]));
    assertEnded(abuse -> abuse.send(RawH2.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 0, 1}));
  }

  @Test
  void a_header_block_without_an_end_ends_the_connection() throws Exception {
    try (RawH2 abuse = connect()) {
      abuse.send(RawH2.HEADERS, 0, 1, RawH2.head("/x"));
      int sent =
          abuse.flood(1_000_000, time -> abuse.send(RawH2.CONTINUATION, 0, 1, new byte[100]));

      assertTrue(abuse.isEnded());
      assertTrue(sent < 1_000_000, sent + " pieces were taken");
    }
  }

  @Test
  void giant_headers_and_too_many_end_their_connection_alone() throws Exception {
    String[] many = new String[400];
    for (int i = 0; i < many.length; i += 2) {
      many[i] = "x-" + i;
      many[i + 1] = "v";
    }
    for (byte[] head :
        List.of(RawH2.head("/x", "x-giant", "v".repeat(12_000)), RawH2.head("/x", many))) {
      try (RawH2 abuse = connect()) {
        abuse.send(RawH2.HEADERS, RawH2.END_HEADERS | RawH2.END_STREAM, 1, head);
        abuse.flush();

        assertNotNull(abuse.next(RawH2.GOAWAY));
      }
    }
  }

  @Test
  void more_streams_than_allowed_are_refused_and_may_be_repeated() throws Exception {
    try (RawH2 abuse = connect()) {
      for (int i = 0; i < 3_000; i++) {
        abuse.call(1 + 2 * i, "FeedService/GetFeed");
        abuse.send(RawH2.DATA, 0, 1 + 2 * i, new byte[1]);
      }
      abuse.flush();
      assertHonestFeed();

      for (int i = 0; i < 3_000 - 1_024; i++) {
        RawH2.Frame refused = abuse.next(RawH2.RESET);
        assertNotNull(refused);
        assertEquals(REFUSED_STREAM, refused.code(0));
      }
    }
  }

  @Test
  void calls_that_nobody_serves_leave_no_stream_behind() throws Exception {
    try (RawH2 caller = connect()) {
      for (int i = 0; i < 2_100; i++) {
        int stream = 1 + 2 * i;
        switch (i % 3) {
          case 0 -> caller.call(stream, "FeedService/Nothing");
          case 1 -> caller.call(stream, "NoService/GetFeed");
          default ->
              caller.send(
                  RawH2.HEADERS,
                  RawH2.END_HEADERS,
                  stream,
                  RawH2.head("/millrace.v1.FeedService/GetFeed", "grpc-encoding", "rot13"));
        }
        caller.message(stream, new byte[10], true);
        caller.flush();

        RawH2.Frame answer = caller.next(RawH2.HEADERS);
        assertNotNull(answer, "no answer to call " + i);
        assertEquals(stream, answer.stream());
      }
    }
  }

  @Test
  void a_broken_message_in_a_stream_is_told_and_ends_no_other_call() throws Exception {
    try (RawH2 caller = connect()) {
      byte[] broken = new byte[5_000];
      java.util.Arrays.fill(broken, (byte) 0x1b);
      for (int i = 0; i < 200; i++) {
        int stream = 1 + 2 * i;
        caller.call(stream, "EventService/Stream");
        caller.message(stream, broken, false);
        caller.message(stream, broken, false);
        caller.message(stream, broken, true);
        caller.flush();

        boolean ended = false;
        while (!ended) {
          RawH2.Frame frame = caller.read();
          assertTrue(
              frame.type() != RawH2.RESET && frame.type() != RawH2.GOAWAY,
              () -> "frame of type " + frame.type() + " for stream " + frame.stream());
          ended =
              frame.type() == RawH2.HEADERS
                  && frame.stream() == stream
                  && (frame.flags() & RawH2.END_STREAM) != 0;
        }
      }
    }
  }

  @Test
  void a_thousand_silent_connections_harm_nobody_and_are_closed() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 1_000; i++) {
        Socket socket = new Socket(address().getAddress(), address().getPort());
        socket.setSoTimeout((int) ConnectionGuard.ASKED_WITHIN.toMillis() * 3);
        silent.add(socket);
      }
      silent
          .getFirst()
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nhost: ".getBytes(StandardCharsets.US_ASCII));
      assertHonestFeed();

      for (Socket socket : silent) {
        assertEquals(-1, socket.getInputStream().read());
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void an_export_that_nobody_reads_is_not_made() throws Exception {
    AtomicInteger made = new AtomicInteger();
    node.exported = endless(made);
    try (RawH2 abuse = new RawH2(address(), 0)) {
      for (int i = 0; i < 100; i++) {
        abuse.call(1 + 2 * i, "UserService/Export");
        abuse.message(
            1 + 2 * i, ExportRequest.newBuilder().setUserId("u").build().toByteArray(), true);
      }
      abuse.flush();
      for (int i = 0; i < 100; i++) {
        assertNotNull(abuse.next(RawH2.HEADERS));
      }
      assertHonestFeed();

      // Two frames of 16 KiB a stream may wait, and what stages hold between them.
      assertTrue(made.get() < 100 * 100, made.get() + " lines of 1 KiB were made");
    }
  }

  @Test
  void a_stream_whose_results_nobody_reads_is_held_up() throws Exception {
    node.recorded.clear();
    try (RawH2 abuse = new RawH2(address(), 0)) {
      abuse.call(1, "EventService/Stream");
      abuse.flush();
      abuse.socket.setSoTimeout(1_000);
      long window = 65_535;
      int sent = 0;
      while (sent < 1_000_000) {
        byte[] event =
            Interaction.newBuilder()
                .setEventId("e" + sent)
                .setUserId("u" + sent % 10)
                .setItemId("a")
                .setKind(Kind.LIKE)
                .build()
                .toByteArray();
        if (window < event.length + 5) {
          abuse.flush();
          RawH2.Frame more = abuse.next(RawH2.WINDOW_UPDATE);
          if (more == null) {
            break;
          }
          window += more.stream() == 1 ? increment(more) : 0;
          continue;
        }
        abuse.message(1, event, false);
        window -= event.length + 5;
        sent++;
      }

      assertTrue(sent < 100_000, sent + " events were taken");
      assertHonestFeed();
    }
  }

  private static int increment(RawH2.Frame update) {
    return java.nio.ByteBuffer.wrap(update.payload()).getInt();
  }

  private static Iterator<String> endless(AtomicInteger made) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public String next() {
        made.incrementAndGet();
        return "x".repeat(1_024);
      }
    };
  }

  private interface Abuse {
    void send(RawH2 to) throws IOException;
  }

  private static void assertEnded(Abuse one) throws IOException {
    try (RawH2 abuse = connect()) {
      abuse.call(1, "FeedService/GetFeed");
      int sent = abuse.flood(1_000_000, time -> one.send(abuse));

      assertTrue(abuse.isEnded());
      assertTrue(sent < 1_000_000, "all were taken");
    }
  }

  private static void assertHonestFeed() throws Exception {
    int status =
        http.send(
                HttpRequest.newBuilder(
                        URI.create(
                            "http://127.0.0.1:" + address().getPort() + "/v1/users/anna/feed"))
                    .timeout(Duration.ofSeconds(20))
                    .build(),
                BodyHandlers.ofString())
            .statusCode();
    assertEquals(200, status);
  }

  private static RawH2 connect() throws IOException {
    return new RawH2(address(), 65_535);
  }

  private static InetSocketAddress address() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.address().getPort());
  }
}
