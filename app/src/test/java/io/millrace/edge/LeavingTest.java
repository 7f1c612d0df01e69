package io.millrace.edge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.millrace.proto.v1.ExportRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("server")
final class LeavingTest {
  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.http.server.enable-http2 = on
              pekko.http.server.request-timeout = infinite
              millrace.edge { port = 0, leave-after = 2 s }
              """)
          .withFallback(ConfigFactory.load());

  @Test
  void balancers_are_told_first_then_connections_and_what_runs_is_answered() throws Exception {
    ActorTestKit kit = ActorTestKit.create("leaving", CONFIG);
    FakeNode node = new FakeNode(kit.system());
    node.put("a");
    CountDownLatch rest = new CountDownLatch(1);
    node.exported = twoLines(rest);
    EdgeServer.Bound bound =
        EdgeServer.bind(node, EdgeSettings.of(CONFIG))
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), bound.address().getPort());
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        RawH2 running = new RawH2(address, 65_535)) {
      running.call(1, "UserService/Export");
      running.message(1, ExportRequest.newBuilder().setUserId("u").build().toByteArray(), true);
      running.flush();
      assertNotNull(running.next(RawH2.DATA));
      assertEquals(200, status(http, address, "/readyz"));

      CompletableFuture<Void> closed = bound.close(Duration.ofSeconds(20)).toCompletableFuture();

      assertEquals(503, status(http, address, "/readyz"));
      assertEquals(200, status(http, address, "/v1/users/anna/feed"));
      RawH2.Frame away = running.next(RawH2.GOAWAY);
      assertNotNull(away);
      assertEquals(0, away.code(4));
      assertThrows(IOException.class, () -> new RawH2(address, 65_535).close());
      assertFalse(closed.isDone());

      rest.countDown();
      RawH2.Frame trailers = running.next(RawH2.HEADERS);
      assertNotNull(trailers);
      assertEquals(RawH2.END_STREAM, trailers.flags() & RawH2.END_STREAM);
      closed.get(20, TimeUnit.SECONDS);
    } finally {
      rest.countDown();
      kit.shutdownTestKit();
    }
  }

  private static int status(HttpClient http, InetSocketAddress to, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + to.getPort() + path);
    return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding()).statusCode();
  }

  /** The second comes when it may. */
  private static Iterator<String> twoLines(CountDownLatch rest) {
    return new Iterator<>() {
      private int given;

      @Override
      public boolean hasNext() {
        return given < 2;
      }

      @Override
      public String next() {
        if (given++ == 1) {
          try {
            rest.await();
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        }
        return "{}";
      }
    };
  }
}
