package io.millrace.edge;

import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.util.concurrent.CompletionStage;

/** The edge's methods for code in the same process: the same checks and bounds, no wire. */
public final class DirectCalls {
  private final EdgeSettings settings;
  private final Endpoints endpoints;

  /** Of a node that listens to nobody else. */
  public DirectCalls(Backend backend, EdgeSettings settings) {
    this(Endpoints.of(backend, settings), settings);
  }

  DirectCalls(Endpoints endpoints, EdgeSettings settings) {
    this.endpoints = endpoints;
    this.settings = settings;
  }

  /** Fails with a {@link Refusal}, as over the wire. */
  public CompletionStage<RecordResponse> record(RecordRequest request) {
    return endpoints.events().record(request, Budget.of(settings.mostDeadline()));
  }

  public CompletionStage<GetMapResponse> map(GetMapRequest request) {
    return endpoints.users().map(request, Budget.of(settings.mostDeadline()));
  }

  public CompletionStage<PutResult> put(Item item) {
    return endpoints.catalog().put(item, Budget.of(settings.mostDeadline()));
  }
}
