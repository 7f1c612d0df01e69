package io.millrace.edge;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The four services behind every carrier: gRPC, gRPC-Web, JSON and the REST paths.
 *
 * @param leaving set when the node stops: balancers are told before calls are refused
 */
record Endpoints(
    Backend backend,
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
        new FeedEndpoint(backend, settings, metrics),
        new EventEndpoint(backend, settings, metrics),
        new CatalogEndpoint(backend, settings),
        new UserEndpoint(backend),
        callers,
        metrics,
        new AtomicBoolean());
  }

  /** Whether the node may be sent traffic. */
  boolean ready() {
    return !leaving.get() && backend.ready();
  }
}
