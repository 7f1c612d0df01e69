package io.millrace.app;

import com.google.gson.JsonElement;
import io.millrace.edge.ProtoJson;
import io.millrace.importing.Target;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Imports into a node somewhere, as JSON over HTTP. */
final class ServerTarget implements Target, AutoCloseable {
  private static final Set<Integer> PASSING = Set.of(429, 503, 504);

  private final Client client;

  ServerTarget(String server) {
    client = new Client(server);
    if (client.get("/readyz").status() != 200) {
      client.close();
      throw new CommandFailed(CommandFailed.UNREACHABLE, "the node at " + server + " is not ready");
    }
  }

  @Override
  public List<PutResult> put(List<Item> items) {
    StringBuilder body = new StringBuilder();
    for (Item item : items) {
      body.append(ProtoJson.write(item)).append('\n');
    }
    Client.Answer answer = post("/millrace.v1.CatalogService/Put", body.toString());
    List<PutResult> results = new ArrayList<>(items.size());
    for (JsonElement each : answer.json().getAsJsonArray()) {
      results.add(ProtoJson.read(each.toString(), PutResult.newBuilder()).build());
    }
    return results;
  }

  @Override
  public List<EventResult> record(List<Interaction> events) {
    Client.Answer answer =
        post(
            "/v1/events", ProtoJson.write(RecordRequest.newBuilder().addAllEvents(events).build()));
    return ProtoJson.read(answer.body(), RecordResponse.newBuilder()).build().getResultsList();
  }

  @Override
  public void drain() {
    String path = "/internal/drain";
    while (!client.post(path, "").ok().get("drained").getAsBoolean()) {
      path = "/internal/drain?again=true"; // the node answers after a while either way
    }
  }

  private Client.Answer post(String path, String body) {
    Client.Answer answer = client.post(path, body);
    if (PASSING.contains(answer.status())) {
      throw new Busy(answer.refused(answer.json()).getMessage());
    }
    if (answer.status() != 200) {
      throw answer.refused(answer.json());
    }
    return answer;
  }

  @Override
  public void close() {
    client.close();
  }
}
