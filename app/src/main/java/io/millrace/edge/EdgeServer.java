package io.millrace.edge;

import io.millrace.proto.v1.ExportRequest;
import io.millrace.proto.v1.Filter;
import io.millrace.proto.v1.ForgetRequest;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.MergeRequest;
import io.millrace.proto.v1.Preferences;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RetireRequest;
import io.millrace.proto.v1.SetPreferencesRequest;
import io.millrace.proto.v1.SimilarRequest;
import io.millrace.proto.v1.StartersRequest;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.Query;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One port for everything a node is asked: gRPC and gRPC-Web, the same methods and a few REST paths
 * as JSON, health, metrics and the page. Immutable; safe from any thread.
 */
public final class EdgeServer {
  private static final Logger log = LoggerFactory.getLogger(EdgeServer.class);
  private static final Duration BODY_WITHIN = Duration.ofSeconds(20);

  /** The one method whose answer is as long as it gets. */
  private static final List<String> EXPORT = List.of("millrace.v1.UserService", "Export");

  private final Backend backend;
  private final EdgeSettings settings;
  private final Endpoints endpoints;
  private final GrpcServices grpc;
  private final JsonMethods methods;
  private final GenerationEndpoint generations;
  private final BackupEndpoint backups;
  private final UpkeepEndpoint upkeep;
  private final StaticFiles files = new StaticFiles();

  private EdgeServer(Backend backend, EdgeSettings settings) {
    this.backend = backend;
    this.settings = settings;
    endpoints = Endpoints.of(backend, settings);
    grpc = new GrpcServices(endpoints, settings, backend.system());
    methods = new JsonMethods(endpoints);
    generations = new GenerationEndpoint(backend);
    backups = new BackupEndpoint(backend);
    upkeep = new UpkeepEndpoint(backend);
  }

  /**
   * A bound port.
   *
   * @param calls the same methods for this process, in the same counters
   * @param leaving set when it closes
   * @param leaveAfter from then until calls are refused
   */
  public record Bound(
      ServerBinding binding,
      EdgeMetrics metrics,
      DirectCalls calls,
      AtomicBoolean leaving,
      Duration leaveAfter) {
    public InetSocketAddress address() {
      return binding.localAddress();
    }

    /**
     * Says that it is not ready; after {@code leaveAfter} takes no more connections, tells those it
     * has (GOAWAY), and waits for what is being answered.
     */
    public CompletionStage<Void> close(Duration within) {
      leaving.set(true);
      return CompletableFuture.runAsync(
              () -> {},
              CompletableFuture.delayedExecutor(leaveAfter.toMillis(), TimeUnit.MILLISECONDS))
          .thenCompose(waited -> binding.terminate(within))
          .handle((done, failure) -> {
            metrics.close();
            return null;
          });
    }
  }

  /** Binds; fails when the port is taken. Port 0 takes any that is free. */
  public static CompletionStage<Bound> bind(Backend backend, EdgeSettings settings) {
    EdgeServer server = new EdgeServer(backend, settings);
    return Http.get(backend.system())
        .newServerAt(settings.bind(), settings.port())
        .bind(server::handle)
        .thenApply(binding ->
            new Bound(
                binding,
                server.endpoints.metrics(),
                new DirectCalls(server.endpoints, settings),
                server.endpoints.leaving(),
                settings.leaveAfter()));
  }

  CompletionStage<HttpResponse> handle(HttpRequest asked) {
    HttpRequest request = endpoints.callers().named(asked);
    CompletionStage<HttpResponse> answer;
    try {
      answer = GrpcServices.isGrpc(request) ? grpc.handle(request) : route(request);
    } catch (Exception failure) {
      request.discardEntityBytes(backend.system());
      answer = CompletableFuture.failedStage(failure);
    }
    return answer.exceptionally(failure -> refused(request, failure));
  }

  private CompletionStage<HttpResponse> route(HttpRequest request) {
    List<String> path = path(request);
    return switch (path.isEmpty() ? "" : path.getFirst()) {
      case "v1" -> rest(request, path);
      case "livez" -> get(request, () -> json(200, "{\"status\":\"live\"}"));
      case "readyz" -> get(request, this::readiness);
      case "metrics" -> get(request, this::metrics);
      case "internal" ->
          switch (path.size() > 1 ? path.get(1) : "") {
            case "generations" -> generationPath(request, path);
            case "backup" -> post(request, backups::write);
            default -> upkeepPath(request, path);
          };
      default -> {
        if (path.equals(EXPORT)) {
          allow(request, "POST");
          yield body(request)
              .thenCompose(body ->
                  export(ProtoJson.read(body, ExportRequest.newBuilder()).build(), request));
        }
        JsonMethods.Method method =
            path.size() == 2 ? methods.find(path.get(0), path.get(1)) : null;
        yield method != null
            ? post(request, body -> method.answer(body, endpoints.budget(request)))
            : page(request, path);
      }
    };
  }

  /** Its segments. One that is empty or no text would be taken for another than was meant. */
  private static List<String> path(HttpRequest request) {
    List<String> path = new ArrayList<>();
    request.getUri().pathSegments().forEach(path::add);
    if (request.getUri().getPathString().contains("//")) {
      throw Refusal.invalid("path has an empty segment, expected an id of at least 1 byte");
    }
    boolean broken = path.stream().anyMatch(segment -> segment.indexOf('\uFFFD') >= 0);
    if (!broken && request.getUri().rawQueryString().orElse("").indexOf('%') >= 0) {
      broken =
          request.getUri().query().toList().stream()
              .anyMatch(given -> given.second().indexOf('\uFFFD') >= 0);
    }
    if (broken) {
      throw Refusal.invalid("path is not UTF-8 behind its percent signs");
    }
    return path;
  }

  private CompletionStage<HttpResponse> rest(HttpRequest request, List<String> path) {
    String shape = path.get(path.size() - 1);
    if (path.size() == 2 && shape.equals("events")) {
      return post(
          request,
          body ->
              endpoints
                  .events()
                  .record(
                      ProtoJson.read(body, RecordRequest.newBuilder()).build(),
                      endpoints.budget(request))
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 2 && shape.equals("starters")) {
      Query query = request.getUri().query();
      return call(
          request,
          "GET",
          budget ->
              endpoints
                  .feeds()
                  .starters(StartersRequest.newBuilder().setSize(size(query)).build(), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 2 && shape.equals("stats")) {
      return get(request, () -> json(200, endpoints.metrics().stats()));
    }
    if (path.size() >= 3 && path.get(1).equals("users")) {
      return user(request, path);
    }
    if (path.size() >= 3 && path.get(1).equals("items")) {
      return item(request, path);
    }
    throw unknownPath(request);
  }

  private CompletionStage<HttpResponse> user(HttpRequest request, List<String> path) {
    String userId = path.get(2);
    if (path.size() == 3 && request.method().value().equals("DELETE")) {
      return call(
          request,
          "DELETE",
          budget ->
              endpoints
                  .users()
                  .forget(ForgetRequest.newBuilder().setUserId(userId).build(), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 3) {
      return call(
          request,
          "GET",
          budget ->
              endpoints
                  .users()
                  .get(GetUserRequest.newBuilder().setUserId(userId).build(), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 4 && path.get(3).equals("feed")) {
      return call(
          request,
          "GET",
          budget ->
              endpoints
                  .feeds()
                  .getFeed(feedRequest(userId, request.getUri().query()), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 4 && path.get(3).equals("merge")) {
      return post(
          request,
          body ->
              endpoints
                  .users()
                  .merge(mergeRequest(userId, body), endpoints.budget(request))
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 4 && path.get(3).equals("export")) {
      allow(request, "GET");
      request.discardEntityBytes(backend.system());
      return export(ExportRequest.newBuilder().setUserId(userId).build(), request);
    }
    if (path.size() == 4 && path.get(3).equals("map")) {
      return call(
          request,
          "GET",
          budget ->
              endpoints
                  .users()
                  .map(mapRequest(userId, request.getUri().query()), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() == 4 && path.get(3).equals("preferences")) {
      allow(request, "PUT");
      return body(request)
          .thenCompose(body ->
              endpoints
                  .users()
                  .setPreferences(
                      SetPreferencesRequest.newBuilder()
                          .setUserId(userId)
                          .setPreferences(ProtoJson.read(body, Preferences.newBuilder()))
                          .build(),
                      endpoints.budget(request)))
          .thenApply(answer -> json(200, ProtoJson.write(answer)));
    }
    throw unknownPath(request);
  }

  private static MergeRequest mergeRequest(String userId, String body) {
    MergeRequest.Builder merge = ProtoJson.read(body, MergeRequest.newBuilder());
    if (!merge.getSourceUserId().isEmpty() && !merge.getSourceUserId().equals(userId)) {
      throw Refusal.invalid(
          "sourceUserId is \"%s\", expected \"%s\" as in the path"
              .formatted(merge.getSourceUserId(), userId));
    }
    return merge.setSourceUserId(userId).build();
  }

  private CompletionStage<HttpResponse> export(ExportRequest export, HttpRequest request) {
    return endpoints
        .users()
        .export(export, endpoints.budget(request))
        .thenApply(lines ->
            HttpResponse.create()
                .withEntity(
                    HttpEntities.create(
                        ContentTypes.parse("application/x-ndjson"),
                        lines.map(ByteString::fromString)))
                .addHeader(RawHeader.create("cache-control", "no-store")));
  }

  private CompletionStage<HttpResponse> item(HttpRequest request, List<String> path) {
    String itemId = path.get(2);
    if (path.size() == 4 && path.get(3).equals("similar")) {
      return call(
          request,
          "GET",
          budget ->
              endpoints
                  .feeds()
                  .similar(similarRequest(itemId, request.getUri().query()), budget)
                  .thenApply(ProtoJson::write));
    }
    if (path.size() != 3) {
      throw unknownPath(request);
    }
    return switch (request.method().value()) {
      case "GET", "HEAD" ->
          call(
              request,
              "GET",
              budget ->
                  endpoints
                      .catalog()
                      .get(GetItemRequest.newBuilder().setItemId(itemId).build(), budget)
                      .thenApply(ProtoJson::write));
      case "DELETE" ->
          call(
              request,
              "DELETE",
              budget ->
                  endpoints
                      .catalog()
                      .retire(
                          RetireRequest.newBuilder()
                              .setItemId(itemId)
                              .setReason(request.getUri().query().getOrElse("reason", ""))
                              .build(),
                          budget)
                      .thenApply(ProtoJson::write));
      case "PUT" ->
          body(request)
              .thenCompose(
                  body -> endpoints.catalog().put(named(itemId, body), endpoints.budget(request)))
              .thenApply(answer -> json(200, ProtoJson.write(answer)));
      default -> throw notAllowed(request, "GET, PUT, DELETE");
    };
  }

  private static Item named(String itemId, String body) {
    Item.Builder item = ProtoJson.read(body, Item.newBuilder());
    if (!item.getItemId().isEmpty() && !item.getItemId().equals(itemId)) {
      throw Refusal.invalid(
          "itemId is \"" + item.getItemId() + "\", expected \"" + itemId + "\" as in the path");
    }
    return item.setItemId(itemId).build();
  }

  private static GetFeedRequest feedRequest(String userId, Query query) {
    GetFeedRequest.Builder feed =
        GetFeedRequest.newBuilder()
            .setUserId(userId)
            .setSurface(query.getOrElse("surface", ""))
            .setRequestId(query.getOrElse("requestId", ""))
            .setFeedSession(query.getOrElse("feedSession", ""))
            .setPreview(flag(query, "preview"))
            .setExplain(flag(query, "explain"))
            .addAllExclude(list(query, "exclude"))
            .addAllCandidates(list(query, "candidates"))
            .setSize(size(query));
    Filter filter = filter(query);
    if (!filter.equals(Filter.getDefaultInstance())) {
      feed.setFilter(filter);
    }
    return feed.build();
  }

  private static GetMapRequest mapRequest(String userId, Query query) {
    GetMapRequest.Builder map =
        GetMapRequest.newBuilder().setUserId(userId).addAllInclude(list(query, "include"));
    if (query.get("popular").isPresent()) {
      map.setPopular((int) number(query, "popular", 0, 0xffff_ffffL));
    }
    return map.build();
  }

  private static SimilarRequest similarRequest(String itemId, Query query) {
    return SimilarRequest.newBuilder()
        .setItemId(itemId)
        .setSize(size(query))
        .setFilter(filter(query))
        .build();
  }

  private static int size(Query query) {
    return (int) number(query, "size", 0, 0xffff_ffffL);
  }

  private static Filter filter(Query query) {
    Filter.Builder filter =
        Filter.newBuilder()
            .addAllCategories(list(query, "category"))
            .addAllExcludeCategories(list(query, "excludeCategory"))
            .addAllCreators(list(query, "creator"))
            .addAllExcludeCreators(list(query, "excludeCreator"))
            .addAllTags(list(query, "tag"))
            .addAllLanguages(list(query, "language"));
    query.get("minPrice").ifPresent(text -> filter.setMinPrice(decimal("minPrice", text)));
    query.get("maxPrice").ifPresent(text -> filter.setMaxPrice(decimal("maxPrice", text)));
    if (query.get("maxAgeRating").isPresent()) {
      filter.setMaxAgeRating((int) number(query, "maxAgeRating", 0, 100));
    }
    if (query.get("maxDurationMs").isPresent()) {
      filter.setMaxDurationMs(number(query, "maxDurationMs", 0, Long.MAX_VALUE));
    }
    if (query.get("createdWithinMs").isPresent()) {
      filter.setCreatedWithinMs(number(query, "createdWithinMs", 0, Long.MAX_VALUE));
    }
    return filter.build();
  }

  private static boolean flag(Query query, String name) {
    String text = query.getOrElse(name, "false");
    return switch (text) {
      case "true", "1", "" -> true;
      case "false", "0" -> false;
      default -> throw Refusal.invalid(name + " is \"" + text + "\", expected true or false");
    };
  }

  private static long number(Query query, String name, long least, long most) {
    String text = query.getOrElse(name, "0");
    try {
      long value = Long.parseLong(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException notANumber) {
      // told below, like a number out of bounds
    }
    throw Refusal.invalid(
        name
            + " is \""
            + text
            + "\", expected a whole number"
            + (name.equals("size") ? " from 1 to 100" : ", at least " + least));
  }

  private static double decimal(String name, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException notANumber) {
      throw Refusal.invalid(name + " is \"" + text + "\", expected a number");
    }
  }

  /** Given several times, or with commas. */
  private static List<String> list(Query query, String name) {
    List<String> lastFirst = new ArrayList<>();
    query.getAll(name).forEach(lastFirst::add);
    List<String> values = new ArrayList<>();
    for (String given : lastFirst.reversed()) {
      for (String value : given.split(",", -1)) {
        if (!value.isEmpty()) {
          values.add(value);
        }
      }
    }
    return values;
  }

  private HttpResponse readiness() {
    if (endpoints.leaving().get()) {
      return json(503, "{\"status\":\"stopping\"}");
    }
    return backend.ready()
        ? json(200, "{\"status\":\"ready\"}")
        : json(503, "{\"status\":\"starting\"}");
  }

  private HttpResponse metrics() {
    return HttpResponse.create()
        .withEntity(
            HttpEntities.create(
                ContentTypes.parse("text/plain; version=0.0.4; charset=utf-8"),
                ByteString.fromString(endpoints.metrics().scrape())));
  }

  private CompletionStage<HttpResponse> upkeepPath(HttpRequest request, List<String> path) {
    boolean again = flag(request.getUri().query(), "again");
    return switch (path.size() == 2 ? path.get(1) : "") {
      case "drain" -> call(request, "POST", budget -> upkeep.drain(again));
      case "checkpoint" -> call(request, "POST", budget -> upkeep.checkpoint(again));
      default -> throw unknownPath(request);
    };
  }

  private CompletionStage<HttpResponse> generationPath(HttpRequest request, List<String> path) {
    String last = path.get(path.size() - 1);
    if (path.size() == 2) {
      return call(request, "GET", budget -> generations.list());
    }
    if (path.size() == 3 && last.equals("train")) {
      return call(request, "POST", budget -> generations.train());
    }
    if (path.size() == 3 && last.equals("rollback")) {
      return call(request, "POST", budget -> generations.rollback());
    }
    if (path.size() == 4 && last.equals("promote")) {
      return call(request, "POST", budget -> generations.promote(path));
    }
    throw unknownPath(request);
  }

  private CompletionStage<HttpResponse> page(HttpRequest request, List<String> path) {
    StaticFiles.File file = files.find(path).orElseThrow(() -> unknownPath(request));
    return get(
        request,
        () ->
            HttpResponse.create()
                .withEntity(HttpEntities.create(ContentTypes.parse(file.type()), file.bytes()))
                .addHeader(
                    RawHeader.create(
                        "cache-control",
                        file.versioned() ? "public, max-age=31536000, immutable" : "no-cache"))
                .addHeader(RawHeader.create("x-content-type-options", "nosniff")));
  }

  // what every path shares

  private interface Page {
    HttpResponse make();
  }

  private CompletionStage<HttpResponse> get(HttpRequest request, Page page) {
    allow(request, "GET");
    request.discardEntityBytes(backend.system());
    return CompletableFuture.completedStage(page.make());
  }

  private CompletionStage<HttpResponse> call(
      HttpRequest request, String method, Function<Budget, CompletionStage<String>> answer) {
    allow(request, method);
    request.discardEntityBytes(backend.system());
    return answer.apply(endpoints.budget(request)).thenApply(json -> json(200, json));
  }

  private CompletionStage<HttpResponse> post(
      HttpRequest request, Function<String, CompletionStage<String>> answer) {
    allow(request, "POST");
    return body(request).thenCompose(answer).thenApply(json -> json(200, json));
  }

  private static void allow(HttpRequest request, String method) {
    String asked = request.method().value();
    if (!asked.equals(method) && !(method.equals("GET") && asked.equals("HEAD"))) {
      throw notAllowed(request, method);
    }
  }

  private static Refusal notAllowed(HttpRequest request, String allowed) {
    return new Refusal(
        Trouble.METHOD_NOT_ALLOWED,
        "method is " + request.method().value() + ", expected " + allowed);
  }

  private static Refusal unknownPath(HttpRequest request) {
    return new Refusal(
        Trouble.NOT_FOUND, "path " + request.getUri().getPathString() + " is not known");
  }

  private CompletionStage<String> body(HttpRequest request) {
    String type = request.entity().getContentType().mediaType().toString();
    boolean unnamed = type.equals("application/octet-stream") || type.equals("none/none");
    if (!unnamed
        && !type.equals("application/json")
        && !type.endsWith("+json")
        && !type.equals("application/x-ndjson")) {
      throw new Refusal(
          Trouble.UNSUPPORTED_MEDIA_TYPE,
          "content type is " + type + ", expected application/json");
    }
    // A strict body is at hand already, and is none that is too large: the parser cuts those up.
    if (request.entity() instanceof HttpEntity.Strict strict
        && strict.getData().size() <= settings.mostBodyBytes()) {
      return CompletableFuture.completedStage(text(strict.getData()));
    }
    return request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .completionTimeout(BODY_WITHIN)
        .runFold(
            new Body(settings.mostBodyBytes()),
            (body, more) -> {
              body.add(more);
              return body;
            },
            backend.system())
        .thenApply(body -> text(body.all()));
  }

  /** Bytes that are no UTF-8 are refused: replaced, two different ids would become one. */
  private static String text(ByteString bytes) {
    String text = bytes.decodeString(StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0) {
      ByteBuffer read = bytes.toByteBuffer();
      CharBuffer room = CharBuffer.allocate(text.length());
      if (StandardCharsets.UTF_8.newDecoder().decode(read, room, true).isError()) {
        throw Refusal.invalid("body is not UTF-8 at byte " + read.position());
      }
    }
    return text;
  }

  private HttpResponse refused(HttpRequest request, Throwable failure) {
    Refusal refusal = Trouble.of(failure);
    if (refusal.trouble() == Trouble.INTERNAL) {
      log.error(
          "{} {} failed", request.method().value(), request.getUri().getPathString(), failure);
    }
    StringBuilder body = new StringBuilder("{\"code\":");
    ProtoJson.string(refusal.trouble().name(), body);
    body.append(",\"message\":");
    ProtoJson.string(refusal.message(), body);
    body.append(",\"details\":[");
    for (int i = 0; i < refusal.details().size(); i++) {
      if (i > 0) {
        body.append(',');
      }
      ProtoJson.string(refusal.details().get(i), body);
    }
    HttpResponse response = json(refusal.trouble().http(), body.append("]}").toString());
    int retryMs = refusal.retryAfterMs();
    return retryMs == 0
        ? response
        : response.addHeader(
            RawHeader.create("retry-after", String.valueOf(Math.max(1, (retryMs + 999) / 1_000))));
  }

  /** Answers are about one moment of one user: nobody may keep them. */
  private static HttpResponse json(int status, String body) {
    return HttpResponse.create()
        .withStatus(StatusCodes.get(status))
        .withEntity(ContentTypes.APPLICATION_JSON, ByteString.fromString(body))
        .addHeader(RawHeader.create("cache-control", "no-store"));
  }
}
