package io.millrace.importing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.millrace.edge.InteractionCheck;
import io.millrace.edge.ItemCheck;
import io.millrace.edge.Problems;
import io.millrace.index.ItemFacts;
import io.millrace.item.ItemIds;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Millrace's own plain format: a folder with {@code items.jsonl} and {@code interactions.jsonl} (or
 * one of them; {@code .gz} too), a JSON object a line, fields named as in the contract's JSON. An
 * interaction without an event id gets one from its line's content; one without a time is refused:
 * a file has no "now".
 */
final class PlainFiles {
  /** Files may hold any time; what a server refuses is for the server to say. */
  private static final long NO_LATEST = Long.MAX_VALUE / 2;

  private PlainFiles() {}

  static DataSet read(Path path) throws IOException {
    Path folder = Lines.folder(path);
    @Nullable Path items = Lines.in(folder, "items.jsonl");
    @Nullable Path interactions = Lines.in(folder, "interactions.jsonl");
    if (Files.isRegularFile(path) && !path.equals(items)) {
      interactions = path;
    }
    if (items == null && interactions == null) {
      throw new UnreadableData(path + " holds neither items.jsonl nor interactions.jsonl");
    }
    BadLines bad = new BadLines();
    List<DataSet.Event> events = new ArrayList<>();
    if (interactions != null) {
      Lines.each(interactions, bad, (number, line) -> events.add(event(line)));
    }
    events.sort(Comparator.comparingLong(DataSet.Event::atMs));
    Map<String, Long> first = new LinkedHashMap<>();
    events.forEach(event -> first.putIfAbsent(event.itemId(), event.atMs()));
    Map<String, ItemFacts> facts = new LinkedHashMap<>();
    if (items != null) {
      long start = events.isEmpty() ? System.currentTimeMillis() : events.getFirst().atMs();
      int[] vectorLength = {0};
      Lines.each(
          items,
          bad,
          (number, line) -> {
            ItemFacts item = item(line, first, start, vectorLength);
            facts.put(item.itemId(), item);
          });
    }
    return new DataSet(
        Lines.name(path), Format.MILLRACE, List.copyOf(facts.values()), events, bad, 0);
  }

  private static DataSet.Event event(String line) {
    Interaction.Builder event = Interaction.newBuilder();
    merge(line, event);
    if (event.getEventId().isEmpty()) {
      event.setEventId("line-" + Long.toHexString(ItemIds.hash(line)));
    }
    if (event.getTimeMillis() == 0) {
      throw new IllegalArgumentException("timeMillis is missing, expected milliseconds since 1970");
    }
    Problems problems = new Problems();
    InteractionCheck.event(event.build(), NO_LATEST, problems);
    refuse(problems);
    return new DataSet.Event(
        event.getUserId(),
        InteractionCheck.interaction(event.build(), null, InteractionCheck.NO_SLOT, 0));
  }

  private static ItemFacts item(
      String line, Map<String, Long> first, long start, int[] vectorLength) {
    Item.Builder item = Item.newBuilder();
    merge(line, item);
    Problems problems = new Problems();
    ItemCheck.item(item.build(), vectorLength[0], NO_LATEST, problems);
    refuse(problems);
    if (vectorLength[0] == 0) {
      vectorLength[0] = item.getVectorCount();
    }
    return ItemCheck.facts(item.build(), first.getOrDefault(item.getItemId(), start));
  }

  private static void merge(String line, Message.Builder into) {
    try {
      JsonFormat.parser().merge(line, into);
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalArgumentException(broken.getMessage(), broken);
    }
  }

  private static void refuse(Problems problems) {
    if (problems.any()) {
      throw new IllegalArgumentException(problems.detail());
    }
  }
}
