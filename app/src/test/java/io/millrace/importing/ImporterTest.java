package io.millrace.importing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.EventResult.Status;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.PutResult;
import io.millrace.user.InteractionKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImporterTest {

  /** Takes everything, but is busy now and then; keeps the order of what it took. */
  private static final class Node implements Target {
    private final Map<String, List<Long>> timesOfUser = new HashMap<>();
    private final List<Integer> batches = new ArrayList<>();
    private int items;
    private int calls;
    private boolean drained;

    @Override
    public synchronized List<PutResult> put(List<Item> put) {
      items += put.size();
      return put.stream()
          .map(item -> PutResult.newBuilder().setItemId(item.getItemId()).build())
          .toList();
    }

    @Override
    public synchronized List<EventResult> record(List<Interaction> events) {
      if (++calls % 5 == 2) {
        throw new Busy("evidence lags");
      }
      batches.add(events.size());
      List<EventResult> results = new ArrayList<>();
      for (int i = 0; i < events.size(); i++) {
        Interaction event = events.get(i);
        boolean busy = calls % 5 == 4 && i == events.size() - 1;
        results.add(
            EventResult.newBuilder()
                .setEventId(event.getEventId())
                .setStatus(
                    busy
                        ? Status.BUSY
                        : event.getItemId().equals("bad") ? Status.INVALID : Status.RECORDED)
                .build());
        if (!busy) {
          timesOfUser
              .computeIfAbsent(event.getUserId(), user -> new ArrayList<>())
              .add(event.getTimeMillis());
        }
      }
      return results;
    }

    @Override
    public void drain() {
      drained = true;
    }
  }

  @Test
  void everything_arrives_once_and_in_the_order_of_each_user_however_busy_the_node_is() {
    List<DataSet.Event> events = new ArrayList<>();
    for (int i = 1; i <= 9_000; i++) {
      String item = i == 5_000 ? "bad" : "item" + i % 300;
      events.add(
          new DataSet.Event(
              i % 3 == 0 ? "loud" : "user" + i % 50,
              Interactions.of("e" + i, item, InteractionKind.LIKE, i, Double.NaN)));
    }
    List<io.millrace.index.ItemFacts> items = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      items.add(Facts.of("item" + i).build());
    }
    DataSet data = new DataSet("made up", Format.MILLRACE, items, events, new BadLines(), 0);
    Node node = new Node();

    Importer.Counts counts = new Importer(node, (what, done, all) -> {}).carry(data);

    assertEquals(600, counts.items());
    assertEquals(600, node.items);
    assertEquals(8_999, counts.events());
    assertEquals(1, counts.refused());
    assertTrue(counts.firstRefusals().getFirst().contains("e5000"));
    assertTrue(node.drained);
    assertTrue(node.batches.stream().allMatch(size -> size <= 1_000));
    assertEquals(9_000, node.timesOfUser.values().stream().mapToInt(List::size).sum());
    node.timesOfUser.forEach(
        (user, times) -> assertEquals(times.stream().sorted().toList(), times, user));
  }
}
