package io.millrace.importing;

import io.millrace.index.ItemFacts;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A whole data set in memory, in one shape whatever its files look like.
 *
 * @param name of the folder or file it was read from
 * @param items each once, in the order of its files; what events name beyond them stays unknown
 * @param events in time order, ties in the order of the files
 * @param bad lines that could not be read
 * @param leftOut lines that the rules of the format leave out (returns, duplicates): not an error
 */
public record DataSet(
    String name,
    Format format,
    List<ItemFacts> items,
    List<Event> events,
    BadLines bad,
    long leftOut) {

  /** One thing one user did; its interaction carries no card yet. */
  public record Event(String userId, Interaction interaction) {
    public long atMs() {
      return interaction.atMs();
    }

    public String itemId() {
      return interaction.itemId();
    }
  }

  /**
   * Reads the files at a path.
   *
   * @param path a folder, or its main file
   * @throws UnreadableData when nothing there is of that format, in one sentence
   */
  public static DataSet open(Path path, Format format) throws IOException {
    return (format == Format.AUTO ? Format.detect(path) : format).read(path);
  }

  /** The same with other items and events. */
  public DataSet with(List<ItemFacts> otherItems, List<Event> otherEvents) {
    return new DataSet(name, format, otherItems, otherEvents, bad, leftOut);
  }

  /** All times moved by one constant, those of items too. */
  public DataSet shifted(long byMs) {
    List<ItemFacts> movedItems = new ArrayList<>(items.size());
    for (ItemFacts item : items) {
      movedItems.add(Facts.createdAt(item, item.createdAtMs() + byMs));
    }
    List<Event> movedEvents = new ArrayList<>(events.size());
    for (Event event : events) {
      movedEvents.add(
          new Event(event.userId(), Interactions.at(event.interaction(), event.atMs() + byMs)));
    }
    return with(movedItems, movedEvents);
  }

  /** Moved in time so that its last event is at {@code nowMs}. */
  public DataSet endingAt(long nowMs) {
    return events.isEmpty() ? this : shifted(nowMs - events.getLast().atMs());
  }

  /**
   * Only the first event of each user with each item: what a test of "what will be bought next"
   * ranks.
   */
  public DataSet firstOfEachPair() {
    Map<String, Set<String>> known = new HashMap<>();
    List<Event> firsts = new ArrayList<>();
    for (Event event : events) {
      if (known.computeIfAbsent(event.userId(), user -> new HashSet<>()).add(event.itemId())) {
        firsts.add(event);
      }
    }
    return with(items, firsts);
  }

  /**
   * Items by id, with bare facts (created at their first event) for those that only events name.
   */
  public Map<String, ItemFacts> itemsById() {
    Map<String, ItemFacts> byId = new HashMap<>();
    for (ItemFacts item : items) {
      byId.put(item.itemId(), item);
    }
    for (Event event : events) {
      if (!event.itemId().isEmpty()) {
        byId.computeIfAbsent(event.itemId(), id -> Facts.of(id).createdAt(event.atMs()).build());
      }
    }
    return byId;
  }

  /** Events by kind, for a report. */
  public long count(InteractionKind kind) {
    return events.stream().filter(event -> event.interaction().kind() == kind).count();
  }
}
