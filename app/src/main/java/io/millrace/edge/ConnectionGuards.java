package io.millrace.edge;

import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.impl.engine.http2.TelemetrySpi;
import org.apache.pekko.http.scaladsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.scaladsl.BidiFlow;
import org.apache.pekko.stream.scaladsl.Flow;
import org.apache.pekko.stream.scaladsl.Tcp;

/**
 * Puts a {@link ConnectionGuard} before every connection that the server accepts, and keeps what
 * callers break out of the log. Named by {@code pekko.http.http2-telemetry-class}: the one place
 * where Pekko HTTP lets code see a connection before the server does (docs/adr/0020). It falls back
 * to nothing without a word, so a test asks whether it is there. Immutable.
 */
public final class ConnectionGuards implements TelemetrySpi {
  /** A connection takes these on from its flow. A stage that a caller broke is no fault of ours. */
  private static final Attributes NOT_LOGGED =
      Attributes.createLogLevels(
          Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff());

  /** Made by Pekko HTTP, which gives the system. */
  public ConnectionGuards(ActorSystem system) {}

  @Override
  public Flow<Tcp.IncomingConnection, Tcp.IncomingConnection, NotUsed> serverBinding() {
    return org.apache.pekko.stream.javadsl.Flow.of(Tcp.IncomingConnection.class)
        .map(ConnectionGuards::guarded)
        .asScala();
  }

  private static Tcp.IncomingConnection guarded(Tcp.IncomingConnection connection) {
    return new Tcp.IncomingConnection(
        connection.localAddress(),
        connection.remoteAddress(),
        org.apache.pekko.stream.javadsl.BidiFlow.fromGraph(
                new ConnectionGuard(ConnectionGuard.ASKED_WITHIN))
            .reversed()
            .join(connection.flow().asJava())
            .addAttributes(NOT_LOGGED)
            .asScala());
  }

  @Override
  public BidiFlow<HttpRequest, HttpRequest, HttpResponse, HttpResponse, NotUsed> client() {
    return BidiFlow.identity();
  }

  @Override
  public BidiFlow<HttpResponse, HttpResponse, HttpRequest, HttpRequest, NotUsed>
      serverConnection() {
    return BidiFlow.identity();
  }
}
