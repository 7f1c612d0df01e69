package io.millrace.edge;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.grpc.javadsl.Metadata;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;

/**
 * The four services behind every carrier: gRPC, gRPC-Web, JSON and the REST paths.
 *
 * @param leaving set when the node stops: balancers are told before calls are refused
 */
record Endpoints(
    Backend backend,
    EdgeSettings settings,
    FeedEndpoint feeds,
    EventEndpoint events,
    CatalogEndpoint catalog,
    UserEndpoint users,
    Callers callers,
    EdgeMetrics metrics,
    AtomicBoolean leaving) {

  static Endpoints of(Backend backend, EdgeSettings settings) {
    EdgeMetrics metrics = new EdgeMetrics(backend);
    Callers callers = new Callers(settings.callers(), System::nanoTime);
    metrics.callers(callers);
    return new Endpoints(
        backend,
        settings,
        new FeedEndpoint(backend, settings, metrics),
        new EventEndpoint(backend, settings, metrics),
        new CatalogEndpoint(backend, settings),
        new UserEndpoint(backend),
        callers,
        metrics,
        new AtomicBoolean());
  }

  /**
   * The time and the share that a request has.
   *
   * @throws Refusal when the time it asks for is none
   */
  Budget budget(HttpRequest request) {
    return granted(request.getHeader("grpc-timeout").map(HttpHeader::value))
        .sharing(callers.of(request));
  }

  /** The same of a gRPC call. */
  Budget budget(Metadata metadata) {
    return granted(metadata.getText("grpc-timeout")).sharing(callers.of(metadata));
  }

  private Budget granted(Optional<String> asked) {
    return Budget.granted(asked, settings.defaultDeadline(), settings.mostDeadline());
  }

  /** Whether the node may be sent traffic. */
  boolean ready() {
    return !leaving.get() && backend.ready();
  }
}
