package io.millrace.promises;

import static io.millrace.promises.WholeNode.AMPLE;
import static io.millrace.promises.WholeNode.await;
import static io.millrace.promises.WholeNode.item;
import static io.millrace.promises.WholeNode.items;
import static io.millrace.promises.WholeNode.question;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.millrace.feed.Feeds.Answer;
import io.millrace.proto.v1.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P9 on a whole node: an export holds everything that is held of a user, and of nobody else. */
@Tag("server")
final class ExportPromiseTest {
  private static final int EVENTS = 50;

  @TempDir Path folder;

  @Test
  void an_export_holds_everything_held_and_nothing_of_others() {
    try (WholeNode node = WholeNode.start(folder)) {
      node.putItems(100);
      Set<String> recorded = new HashSet<>();
      for (int i = 0; i < EVENTS; i++) {
        node.recorded(node.event("anna/" + i, "anna", item(i), Kind.LIKE));
        node.recorded(node.event("bert/" + i, "bert", item(i), Kind.LIKE));
        recorded.add("anna/" + i);
      }
      Answer feed = node.answer(question("anna", 5, "request-1"));
      node.drain();

      List<JsonObject> lines = export(node, "anna");

      assertEquals("anna", lines.getFirst().get("userId").getAsString());
      JsonObject state = of(lines, "state").getFirst();
      assertEquals(EVENTS + 1, state.getAsJsonObject("state").get("userSeq").getAsInt());
      assertTrue(state.getAsJsonObject("items").toString().contains("\"item-7\""));
      Set<String> exported = new HashSet<>();
      for (JsonObject event : of(lines, "event")) {
        JsonObject did = event.getAsJsonObject("event").getAsJsonObject("interactionsRecorded");
        if (did != null) {
          for (JsonElement one : did.getAsJsonArray("interactions")) {
            exported.add(one.getAsJsonObject().get("eventId").getAsString());
          }
        }
      }
      assertEquals(recorded, exported);
      JsonObject served = of(lines, "served").getFirst();
      assertEquals("request-1", served.get("requestId").getAsString());
      Set<String> named = new HashSet<>();
      served.getAsJsonObject("items").asMap().values().forEach(id -> named.add(id.getAsString()));
      assertTrue(named.containsAll(items(feed)));
      JsonObject end = lines.getLast();
      assertEquals(EVENTS + 1, end.get("events").getAsInt());
      assertEquals(1, end.get("served").getAsInt());
      assertEquals(1, end.getAsJsonArray("keyIds").size());

      assertEquals(3, export(node, "nobody").size());
      await(node.node().forgetUser("anna", AMPLE));
      assertEquals(3, export(node, "anna").size());
      assertEquals(EVENTS, of(export(node, "bert"), "event").size());
    }
  }

  private static List<JsonObject> export(WholeNode node, String user) {
    Iterator<String> lines = await(node.node().exportUser(user, AMPLE));
    List<JsonObject> parsed = new ArrayList<>();
    lines.forEachRemaining(line -> parsed.add(JsonParser.parseString(line).getAsJsonObject()));
    return parsed;
  }

  private static List<JsonObject> of(List<JsonObject> lines, String type) {
    return lines.stream().filter(line -> line.get("type").getAsString().equals(type)).toList();
  }
}
