package io.millrace.edge;

import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.millrace.proto.v1.Contribution;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.FeedItem;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.GetItemResponse;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.GetUserResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.Kind;
import io.millrace.proto.v1.Place;
import io.millrace.proto.v1.PlacedItem;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import io.millrace.proto.v1.Region;
import io.millrace.proto.v1.SimilarResponse;
import io.millrace.proto.v1.StartersResponse;
import io.millrace.proto.v1.Taste;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A node that plays one visitor's part by heart: it serves the page's files and answers the page's
 * requests, reading and writing them through the contract's own messages. A film is served once;
 * after a like every film is there because of it. Owned by its single HTTP thread; tests read it
 * under its lock.
 */
final class ScriptedNode implements AutoCloseable {

  private static final JsonFormat.Printer JSON = JsonFormat.printer().includingDefaultValueFields();

  private final HttpServer server;
  private final List<Interaction> recorded = new ArrayList<>();
  private final List<Interaction> attempted = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();
  private int refusals;
  private int offered;
  private String learning = "";
  private @Nullable Item typed;

  ScriptedNode() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory()));
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** The next so many batches of events are answered by 503. */
  synchronized void refuse(int batches) {
    refusals = batches;
  }

  /** A newcomer is asked about so many films. */
  synchronized void offer(int starters) {
    offered = starters;
  }

  /** There is no generation yet, for this reason; with an empty one there is. */
  synchronized void learn(String progress) {
    learning = progress;
  }

  /** What the page put into the catalogue; null when nothing. */
  synchronized @Nullable Item typed() {
    return typed;
  }

  /** Events that were acknowledged, oldest first. */
  synchronized List<Interaction> recorded(Kind kind) {
    return recorded.stream().filter(event -> event.getKind() == kind).toList();
  }

  /** Events of every attempt, also of those that were refused. */
  synchronized List<Interaction> attempted(Kind kind) {
    return attempted.stream().filter(event -> event.getKind() == kind).toList();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    if (path.endsWith("/feed")) {
      send(exchange, 200, feed(String.valueOf(exchange.getRequestURI().getQuery())));
    } else if (path.equals("/v1/events")) {
      record(exchange);
    } else if (path.endsWith("/map")) {
      send(exchange, 200, map());
    } else if (path.equals("/v1/starters")) {
      send(exchange, 200, starters());
    } else if (path.startsWith("/v1/items/")) {
      item(exchange, path.split("/"));
    } else if (path.equals("/millrace.v1.FeedService/Rank")) {
      send(exchange, 200, ranked(exchange));
    } else if (path.startsWith("/v1/users/")) {
      send(exchange, 200, user(path.substring("/v1/users/".length())));
    } else if (path.equals("/v1/stats")) {
      send(
          exchange,
          200,
          "application/json",
          "{\"eventsPerSecond\":20,\"indexSize\":40}".getBytes(StandardCharsets.UTF_8));
    } else {
      sendFile(exchange, path);
    }
  }

  private void record(HttpExchange exchange) throws IOException {
    RecordRequest.Builder request = RecordRequest.newBuilder();
    JsonFormat.parser()
        .merge(new InputStreamReader(exchange.getRequestBody(), StandardCharsets.UTF_8), request);
    attempted.addAll(request.getEventsList());
    if (refusals > 0) {
      refusals--;
      String refusal = "{\"code\":\"UNAVAILABLE\",\"message\":\"the journal is away\"}";
      send(exchange, 503, "application/json", refusal.getBytes(StandardCharsets.UTF_8));
      return;
    }
    RecordResponse.Builder results = RecordResponse.newBuilder();
    for (Interaction event : request.getEventsList()) {
      recorded.add(event);
      taken.add(event.getItemId());
      results.addResults(
          EventResult.newBuilder()
              .setEventId(event.getEventId())
              .setStatus(EventResult.Status.RECORDED)
              .setUserSeq(recorded.size()));
    }
    send(exchange, 200, results.build());
  }

  private GetFeedResponse feed(String query) {
    boolean preview = query.contains("preview=true");
    int size = Integer.parseInt(query.replaceAll(".*\\bsize=(\\d+).*", "$1"));
    GetFeedResponse.Builder feed = GetFeedResponse.newBuilder().setAsOfUserSeq(recorded.size());
    List<Interaction> likes = recorded(Kind.LIKE);
    String reason =
        likes.isEmpty() ? "popular today" : "because you liked " + likes.getLast().getItemId();
    for (int film = 1; feed.getItemsCount() < size; film++) {
      String id = "film-" + film;
      if (!taken.contains(id)) {
        feed.addItems(
            FeedItem.newBuilder()
                .setItemId(id)
                .setToken(preview ? "" : "token-of-" + id)
                .addReasons(reason)
                .addSources(likes.isEmpty() ? "popular-1d" : "co-visited-last")
                .setItem(
                    Item.newBuilder().setTitle("Film " + film + " (1999)").addCategories("Drama")));
      }
    }
    if (preview && typed != null && size > 20) {
      feed.setItems(
          11,
          slot(typed.getItemId(), typed.getTitle(), "new, and close to your taste")
              .setPosition(11));
    }
    if (!preview) {
      feed.getItemsList().forEach(item -> taken.add(item.getItemId()));
    }
    return feed.build();
  }

  private GetUserResponse user(String userId) {
    long theirs = recorded.stream().filter(event -> event.getUserId().equals(userId)).count();
    GetUserResponse.Builder user =
        GetUserResponse.newBuilder().setUserSeq(recorded.size()).setInteractions((int) theirs);
    if (!recorded(Kind.LIKE).isEmpty()) {
      user.addTastes(Taste.newBuilder().setCategory("Drama").setDay(1).setMonth(1).setEver(1));
    }
    return user.build();
  }

  /** Each like is a step to the right; film n lies at n, n. */
  private GetMapResponse map() {
    GetMapResponse.Builder map = GetMapResponse.newBuilder();
    if (!learning.isEmpty()) {
      return map.setLearning(learning).build();
    }
    map.setGeneration(1)
        .addRegions(Region.newBuilder().setCategory("Drama").setItems(60).setPlace(place(20, 20)))
        .addRegions(Region.newBuilder().setCategory("Comedy").setItems(50).setPlace(place(90, 9)));
    List<String> liked = recorded(Kind.LIKE).stream().map(Interaction::getItemId).toList();
    if (!liked.isEmpty()) {
      map.setUser(place(10 * liked.size(), 20));
    }
    for (int film = 1; film <= 40; film++) {
      PlacedItem.Builder item =
          PlacedItem.newBuilder()
              .setItemId("film-" + film)
              .setTitle("Film " + film)
              .setCategory("Drama")
              .setPlace(place(film, film));
      if (liked.contains("film-" + film)) {
        item.setStrength(.75);
      }
      map.addItems(item);
    }
    if (typed != null) {
      map.addItems(
          PlacedItem.newBuilder()
              .setItemId(typed.getItemId())
              .setTitle(typed.getTitle())
              .setCategory(typed.getCategories(0))
              .setPlace(place(5, 30)));
    }
    return map.build();
  }

  private static Place place(double x, double y) {
    return Place.newBuilder().setX(x / 100).setY(y / 100).build();
  }

  private StartersResponse starters() {
    StartersResponse.Builder starters = StartersResponse.newBuilder();
    for (int film = 41; film <= 40 + offered; film++) {
      starters.addItems(slot("film-" + film, "Film " + film + " (1977)", "well known"));
    }
    return starters.build();
  }

  private static FeedItem.Builder slot(String id, String title, String reason) {
    return FeedItem.newBuilder()
        .setItemId(id)
        .addReasons(reason)
        .setItem(Item.newBuilder().setTitle(title).addCategories("Drama"));
  }

  private void item(HttpExchange exchange, String[] path) throws IOException {
    if (exchange.getRequestMethod().equals("PUT")) {
      Item.Builder item = Item.newBuilder();
      JsonFormat.parser()
          .merge(new InputStreamReader(exchange.getRequestBody(), StandardCharsets.UTF_8), item);
      typed = item.setItemId(path[3]).build();
      send(exchange, 200, PutResult.newBuilder().setItemId(path[3]).setItemSeq(1).build());
    } else if (path.length == 5) {
      send(
          exchange,
          200,
          SimilarResponse.newBuilder()
              .addItems(slot("film-7", "Film 7", "alike"))
              .addItems(slot("film-8", "Film 8", "alike"))
              .build());
    } else {
      send(exchange, 200, GetItemResponse.getDefaultInstance());
    }
  }

  /** In the order given, but what was typed is the last of all, and by its words the second. */
  private static GetFeedResponse ranked(HttpExchange exchange) throws IOException {
    RankRequest.Builder request = RankRequest.newBuilder();
    JsonFormat.parser()
        .merge(new InputStreamReader(exchange.getRequestBody(), StandardCharsets.UTF_8), request);
    GetFeedResponse.Builder ranked = GetFeedResponse.newBuilder();
    List<String> order = new ArrayList<>(request.getCandidatesList());
    order.add(order.removeFirst());
    for (int i = 0; i < order.size(); i++) {
      double words = i == 0 ? 1 : i == order.size() - 1 ? .5 : .1;
      ranked.addItems(
          slot(order.get(i), order.get(i), "asked for")
              .addContributions(
                  Contribution.newBuilder().setFeature("share-near-content").setValue(words)));
    }
    return ranked.build();
  }

  private static void sendFile(HttpExchange exchange, String path) throws IOException {
    String file = path.equals("/") ? "/index.html" : path;
    String resource = file.startsWith("/webjars/") ? "/META-INF/resources" + file : "/web" + file;
    try (InputStream in = ScriptedNode.class.getResourceAsStream(resource)) {
      String type =
          switch (file.substring(file.lastIndexOf('.') + 1)) {
            case "html" -> "text/html; charset=utf-8";
            case "js" -> "text/javascript; charset=utf-8";
            case "css" -> "text/css; charset=utf-8";
            case "svg" -> "image/svg+xml";
            default -> "application/octet-stream";
          };
      send(exchange, in == null ? 404 : 200, type, in == null ? new byte[0] : in.readAllBytes());
    }
  }

  private static void send(HttpExchange exchange, int status, Message message) throws IOException {
    send(
        exchange, status, "application/json", JSON.print(message).getBytes(StandardCharsets.UTF_8));
  }

  private static void send(HttpExchange exchange, int status, String type, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("content-type", type);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
