package io.millrace.importing;

import io.millrace.index.ItemFacts;
import io.millrace.user.InteractionKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Movie ratings: {@code ratings.dat} holds {@code user::movie::rating 0-10::unix seconds}, {@code
 * movies.dat} beside it {@code id::Title (Year)::Genre|Genre}. A movie enters the catalogue with
 * its first rating; the year becomes the attribute {@link ItemFacts#RELEASE_YEAR}.
 */
final class MovieTweetings {
  static final Pattern RATING = Pattern.compile("[^:\\s]+::[^:\\s]+::[0-9.]+::[0-9]+\\s*");
  private static final Pattern TITLE = Pattern.compile("(.*?)\\s*\\((\\d{4})\\)\\s*");

  private MovieTweetings() {}

  static DataSet read(Path path) throws IOException {
    BadLines bad = new BadLines();
    List<DataSet.Event> events = new ArrayList<>();
    Path ratings = ratings(path);
    Lines.each(ratings, bad, (number, line) -> events.add(rating(line)));
    events.sort(Comparator.comparingLong(DataSet.Event::atMs));

    Map<String, Long> firstRated = new HashMap<>();
    events.forEach(event -> firstRated.putIfAbsent(event.itemId(), event.atMs()));
    long start = events.isEmpty() ? 1 : events.getFirst().atMs();
    Map<String, ItemFacts> items = new LinkedHashMap<>();
    Path movies = Lines.in(Lines.folder(path), "movies.dat");
    if (movies != null) {
      Lines.each(
          movies,
          bad,
          (number, line) -> {
            ItemFacts movie = movie(line, firstRated, start);
            if (items.putIfAbsent(movie.itemId(), movie) != null) {
              throw new IllegalArgumentException("movie " + movie.itemId() + " was there before");
            }
          });
    }
    String name = Lines.name(path.equals(ratings) ? path : Lines.folder(path));
    return new DataSet(name, Format.MOVIETWEETINGS, List.copyOf(items.values()), events, bad, 0);
  }

  private static Path ratings(Path path) throws IOException {
    if (Files.isRegularFile(path) && !Lines.name(path).startsWith("movies.dat")) {
      return path;
    }
    @Nullable Path ratings = Lines.in(Lines.folder(path), "ratings.dat");
    if (ratings == null) {
      throw new UnreadableData(path + " holds no ratings.dat");
    }
    return ratings;
  }

  private static DataSet.Event rating(String line) {
    String[] fields = line.strip().split("::", -1);
    if (fields.length != 4) {
      throw new IllegalArgumentException(
          "line has " + fields.length + " fields, expected user::movie::rating::seconds");
    }
    double value = Lines.decimal("rating", fields[2]);
    if (!(value >= 0 && value <= 10)) {
      throw new IllegalArgumentException("rating is " + fields[2] + ", expected 0 to 10");
    }
    String user = given("user", fields[0]);
    String movie = given("movie", fields[1]);
    long seconds = Lines.number("time", fields[3]);
    String eventId = "mt-" + user + "-" + movie + "-" + seconds;
    return new DataSet.Event(
        user,
        Interactions.of(
            eventId, movie, InteractionKind.RATING, Math.multiplyExact(seconds, 1000L), value));
  }

  private static ItemFacts movie(String line, Map<String, Long> firstRated, long start) {
    int afterId = line.indexOf("::");
    int beforeGenres = line.lastIndexOf("::");
    if (afterId < 0 || beforeGenres <= afterId) {
      throw new IllegalArgumentException("line has too few fields, expected id::title::genres");
    }
    String id = given("movie", line.substring(0, afterId));
    String title = line.substring(afterId + 2, beforeGenres).strip();
    String genres = line.substring(beforeGenres + 2).strip();
    Matcher dated = TITLE.matcher(title);
    boolean hasYear = dated.matches();
    return Facts.of(id)
        .title(hasYear ? dated.group(1) : title)
        .categories(genres.isEmpty() ? List.of() : List.of(genres.split("\\|", -1)))
        .createdAt(firstRated.getOrDefault(id, start))
        .attributes(hasYear ? Map.of(ItemFacts.RELEASE_YEAR, dated.group(2)) : Map.of())
        .build();
  }

  private static String given(String what, String text) {
    String id = text.strip();
    if (id.isEmpty()) {
      throw new IllegalArgumentException(what + " is empty");
    }
    return id;
  }
}
