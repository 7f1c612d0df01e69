package io.millrace.importing;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.millrace.index.ItemFacts;
import io.millrace.user.Interaction;
import io.millrace.user.InteractionKind;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A log of short videos shown, with watch time. Each row is a VIEW (an IMPRESSION when nothing was
 * played), and a CLICK, LIKE, FOLLOW, COMMENT, SHARE or NOT_INTERESTED for each mark on it;
 * feedback counts from the end of the watching. Exact duplicate rows are left out. Days of the
 * features are read as UTC+8.
 */
public final class KuaiRand {
  static final String[] COLUMNS = {
    "user_id", "video_id", "time_ms", "is_click", "long_view", "play_time_ms", "duration_ms"
  };
  private static final ZoneOffset ZONE = ZoneOffset.ofHours(8);
  private static final long LONGEST_MS = 30L * 86_400_000;

  /**
   * One row of the log.
   *
   * @param timeMs when it was shown, milliseconds since 1970
   * @param day as the log says it, year * 10,000 + month * 100 + day
   * @param playMs milliseconds watched
   * @param durationMs length of the video
   * @param tab the place in the app, 0 to 14
   */
  public record Impression(
      String userId,
      String videoId,
      long timeMs,
      int day,
      boolean click,
      boolean like,
      boolean follow,
      boolean comment,
      boolean forward,
      boolean hate,
      boolean longView,
      long playMs,
      long durationMs,
      int tab) {
    /** When its feedback is known. */
    public long endMs() {
      return timeMs + playMs;
    }
  }

  private KuaiRand() {}

  /** All rows in time order, duplicates dropped. */
  public static List<Impression> impressions(Path path) throws IOException {
    return log(path, new BadLines()).impressions();
  }

  private record Log(List<Impression> impressions, long duplicates) {}

  static DataSet read(Path path) throws IOException {
    BadLines bad = new BadLines();
    Log log = log(path, bad);
    List<DataSet.Event> events = new ArrayList<>();
    log.impressions().forEach(impression -> addEvents(impression, events));
    events.sort(Comparator.comparingLong(DataSet.Event::atMs));
    return new DataSet(
        Lines.name(path),
        Format.KUAIRAND,
        videos(path, log.impressions(), bad),
        events,
        bad,
        log.duplicates());
  }

  private static Log log(Path path, BadLines bad) throws IOException {
    List<Impression> rows = new ArrayList<>();
    Set<String> known = new HashSet<>();
    long[] duplicates = {0};
    boolean found = false;
    for (Path file : Lines.files(path)) {
      String header = Lines.name(file).contains(".csv") ? Lines.first(file) : null;
      if (header == null || !new Csv(header).has(COLUMNS)) {
        continue;
      }
      found = true;
      Csv csv = new Csv(header);
      Lines.each(
          file,
          bad,
          (number, line) -> {
            if (number == 1) {
              return;
            }
            if (known.add(line)) {
              rows.add(impression(csv.row(line)));
            } else {
              duplicates[0]++;
            }
          });
    }
    if (!found) {
      throw new UnreadableData(
          path + " holds no csv log with the columns " + String.join(", ", COLUMNS));
    }
    rows.sort(Comparator.comparingLong(Impression::timeMs));
    return new Log(rows, duplicates[0]);
  }

  private static Impression impression(Csv.Row row) {
    long playMs = row.number("play_time_ms");
    if (playMs < 0) {
      throw new IllegalArgumentException("play_time_ms is " + playMs + ", expected 0 or more");
    }
    return new Impression(
        row.get("user_id").strip(),
        row.get("video_id").strip(),
        row.number("time_ms"),
        day(row),
        row.flag("is_click"),
        row.flag("is_like"),
        row.flag("is_follow"),
        row.flag("is_comment"),
        row.flag("is_forward"),
        row.flag("is_hate"),
        row.flag("long_view"),
        Math.min(playMs, LONGEST_MS),
        Math.clamp(row.number("duration_ms"), 0, LONGEST_MS),
        row.get("tab").isEmpty() ? 0 : (int) row.number("tab"));
  }

  private static int day(Csv.Row row) {
    if (!row.get("date").isEmpty()) {
      return Math.toIntExact(row.number("date"));
    }
    LocalDate day = Instant.ofEpochMilli(row.number("time_ms")).atZone(ZONE).toLocalDate();
    return 10_000 * day.getYear() + 100 * day.getMonthValue() + day.getDayOfMonth();
  }

  /**
   * What one user watched before the log begins, oldest first.
   *
   * @param untilMs when the last of it was watched
   * @param length how many videos were watched in all
   * @param watched videos, at most the last fifty
   * @param watchedLong of all of them, those watched long
   * @param liked of all of them, those liked
   */
  public record Earlier(
      String userId,
      long untilMs,
      int length,
      List<String> watched,
      List<String> watchedLong,
      List<String> liked) {}

  /** Of each user, by the time at which it ends; empty when no such file is there. */
  public static List<Earlier> earlier(Path path) throws IOException {
    List<Earlier> all = new ArrayList<>();
    for (Path file : Lines.files(Lines.folder(path))) {
      String first = Lines.name(file).contains(".jsonl") ? Lines.first(file) : null;
      if (first != null && first.contains("\"watch_seq\"")) {
        Lines.each(file, new BadLines(), (number, line) -> all.add(earlier(line)));
      }
    }
    all.sort(Comparator.comparingLong(Earlier::untilMs).thenComparing(Earlier::userId));
    return all;
  }

  private static Earlier earlier(String line) {
    try {
      JsonObject user = JsonParser.parseString(line).getAsJsonObject();
      return new Earlier(
          user.get("user_id").getAsString(),
          user.get("last_time_ms").getAsLong(),
          user.get("history_len").getAsInt(),
          ids(user, "watch_seq"),
          ids(user, "long_watch_seq"),
          ids(user, "like_seq"));
    } catch (JsonParseException | IllegalStateException | NullPointerException wrong) {
      throw new IllegalArgumentException("line is no history of a user", wrong);
    }
  }

  private static List<String> ids(JsonObject user, String name) {
    List<String> ids = new ArrayList<>();
    for (JsonElement id : user.getAsJsonArray(name)) {
      ids.add(id.getAsString());
    }
    return ids;
  }

  private static void addEvents(Impression i, List<DataSet.Event> events) {
    if (i.playMs() == 0) {
      add(i, InteractionKind.IMPRESSION, i.timeMs(), events);
    } else {
      boolean whole = i.durationMs() > 0 && i.playMs() >= i.durationMs();
      Interaction.View view =
          new Interaction.View(i.playMs(), i.durationMs(), 1f, 0, 0f, 0, 0, whole ? 1 : 2);
      events.add(
          new DataSet.Event(
              i.userId(), Interactions.viewed(of(i, InteractionKind.VIEW, i.endMs()), view)));
    }
    addIf(i.click(), i, InteractionKind.CLICK, events);
    addIf(i.like(), i, InteractionKind.LIKE, events);
    addIf(i.follow(), i, InteractionKind.FOLLOW, events);
    addIf(i.comment(), i, InteractionKind.COMMENT, events);
    addIf(i.forward(), i, InteractionKind.SHARE, events);
    addIf(i.hate(), i, InteractionKind.NOT_INTERESTED, events);
  }

  private static void addIf(
      boolean marked, Impression i, InteractionKind kind, List<DataSet.Event> events) {
    if (marked) {
      add(i, kind, i.endMs(), events);
    }
  }

  private static void add(
      Impression i, InteractionKind kind, long atMs, List<DataSet.Event> events) {
    events.add(new DataSet.Event(i.userId(), of(i, kind, atMs)));
  }

  private static Interaction of(Impression i, InteractionKind kind, long atMs) {
    String eventId = "kr-" + i.userId() + "-" + i.videoId() + "-" + i.timeMs() + "-" + kind.code();
    return Interactions.of(eventId, i.videoId(), kind, atMs, Double.NaN);
  }

  private static List<ItemFacts> videos(Path path, List<Impression> shown, BadLines bad)
      throws IOException {
    Map<String, Impression> first = new LinkedHashMap<>();
    shown.forEach(impression -> first.putIfAbsent(impression.videoId(), impression));
    Map<String, ItemFacts> videos = new LinkedHashMap<>();
    for (Path file : Lines.files(Lines.folder(path))) {
      String header = Lines.name(file).contains(".csv") ? Lines.first(file) : null;
      if (header != null && new Csv(header).has("video_id", "author_id", "upload_dt")) {
        Csv csv = new Csv(header);
        Lines.each(
            file,
            bad,
            (number, line) -> {
              if (number > 1) {
                ItemFacts video = video(csv.row(line), first);
                videos.putIfAbsent(video.itemId(), video);
              }
            });
      }
    }
    first.forEach((id, impression) ->
        videos.computeIfAbsent(
            id,
            unknown ->
                Facts.of(unknown)
                    .title("Video " + unknown)
                    .createdAt(impression.timeMs())
                    .durationMs(impression.durationMs())
                    .build()));
    return List.copyOf(videos.values());
  }

  private static ItemFacts video(Csv.Row row, Map<String, Impression> first) {
    String id = row.get("video_id").strip();
    @Nullable Impression shown = first.get(id);
    String duration = row.get("video_duration").strip();
    long durationMs =
        duration.isEmpty()
            ? shown == null ? 0 : shown.durationMs()
            : Math.clamp((long) Lines.decimal("video_duration", duration), 0, LONGEST_MS);
    String tag = row.get("tag").strip();
    String music = row.get("music_id").strip();
    return Facts.of(id)
        .title("Video " + id)
        .categories(tag.isEmpty() ? List.of() : List.of(tag.split(",", -1)))
        .creator(row.get("author_id").strip())
        .createdAt(uploaded(row.get("upload_dt").strip(), shown))
        .durationMs(durationMs)
        .attributes(music.isEmpty() ? Map.of() : Map.of("music", music))
        .build();
  }

  private static long uploaded(String day, @Nullable Impression shown) {
    try {
      return LocalDate.parse(day).atStartOfDay(ZONE).toInstant().toEpochMilli();
    } catch (DateTimeParseException unknown) {
      return shown == null ? 1 : shown.timeMs();
    }
  }
}
