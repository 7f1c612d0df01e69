package io.millrace.importing;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.millrace.index.ItemFacts;
import io.millrace.user.InteractionKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Sequences without times: a line is {@code user item item ...}, oldest first. The pseudo-time of
 * an interaction is its ordinal within its user, from 1, in units of {@link #STEP}. Attributes lie
 * beside the file in {@code NAME_item2attributes.json} and become tags.
 */
public final class S3Rec {
  /** Chosen: a day keeps neighbours of a sequence out of one session and inside every half-life. */
  public static final Duration STEP = Duration.ofDays(1);

  static final Pattern LINE = Pattern.compile("\\d+( \\d+)+\\s*");
  private static final int MOST_TAGS = 100;

  private S3Rec() {}

  static DataSet read(Path path) throws IOException {
    List<Path> sequences =
        Lines.files(path).stream().filter(file -> Lines.name(file).contains(".txt")).toList();
    if (sequences.size() != 1) {
      throw new UnreadableData(
          path
              + " holds "
              + (sequences.isEmpty() ? "no .txt file" : "several data sets; name one: ")
              + String.join(", ", sequences.stream().map(Lines::name).toList()));
    }
    Path file = sequences.getFirst();
    BadLines bad = new BadLines();
    List<DataSet.Event> events = new ArrayList<>();
    Lines.each(file, bad, (number, line) -> readSequence(line, events));
    events.sort(Comparator.comparingLong(DataSet.Event::atMs));

    Map<String, List<String>> tags = attributes(file);
    Map<String, Long> first = new HashMap<>();
    events.forEach(event -> first.putIfAbsent(event.itemId(), event.atMs()));
    List<ItemFacts> items = new ArrayList<>();
    new TreeMap<>(first)
        .forEach((id, atMs) ->
            items.add(
                Facts.of(id)
                    .title("Item " + id)
                    .tags(tags.getOrDefault(id, List.of()))
                    .createdAt(atMs)
                    .build()));
    return new DataSet(Lines.name(file).replace(".txt", ""), Format.S3REC, items, events, bad, 0);
  }

  private static void readSequence(String line, List<DataSet.Event> events) {
    if (!LINE.matcher(line).matches()) {
      throw new IllegalArgumentException("line is not `user item item ...` in whole numbers");
    }
    String[] fields = line.strip().split(" ", -1);
    for (int i = 1; i < fields.length; i++) {
      events.add(
          new DataSet.Event(
              fields[0],
              Interactions.of(
                  "s3-" + fields[0] + "-" + i,
                  fields[i],
                  InteractionKind.PURCHASE,
                  i * STEP.toMillis(),
                  Double.NaN)));
    }
  }

  private static Map<String, List<String>> attributes(Path file) throws IOException {
    String base = Lines.name(file).replaceFirst("\\.txt(\\.gz)?$", "");
    Path beside = Lines.in(Lines.folder(file), base + "_item2attributes.json");
    Map<String, List<String>> tags = new HashMap<>();
    if (beside == null) {
      return tags;
    }
    try (BufferedReader in = Lines.open(beside)) {
      for (Map.Entry<String, JsonElement> entry :
          JsonParser.parseReader(in).getAsJsonObject().entrySet()) {
        List<String> ids = new ArrayList<>();
        for (JsonElement id : entry.getValue().getAsJsonArray()) {
          if (ids.size() < MOST_TAGS) {
            ids.add(id.getAsString());
          }
        }
        tags.put(entry.getKey(), ids);
      }
    } catch (JsonParseException | IllegalStateException broken) {
      throw new UnreadableData(beside + " is not JSON: " + broken.getMessage());
    }
    return tags;
  }
}
