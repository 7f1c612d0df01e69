package io.millrace.edge;

import com.google.protobuf.ByteString;
import grpc.reflection.v1alpha.reflection.ServerReflectionHandler;
import io.grpc.Status;
import io.grpc.health.v1.Health;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthPowerApi;
import io.grpc.health.v1.HealthPowerApiHandlerFactory;
import io.millrace.proto.v1.CatalogService;
import io.millrace.proto.v1.CatalogServicePowerApi;
import io.millrace.proto.v1.CatalogServicePowerApiHandlerFactory;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.EventService;
import io.millrace.proto.v1.EventServicePowerApi;
import io.millrace.proto.v1.EventServicePowerApiHandlerFactory;
import io.millrace.proto.v1.ExportChunk;
import io.millrace.proto.v1.ExportRequest;
import io.millrace.proto.v1.FeedService;
import io.millrace.proto.v1.FeedServicePowerApi;
import io.millrace.proto.v1.FeedServicePowerApiHandlerFactory;
import io.millrace.proto.v1.ForgetRequest;
import io.millrace.proto.v1.ForgetResponse;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetItemResponse;
import io.millrace.proto.v1.GetMapRequest;
import io.millrace.proto.v1.GetMapResponse;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.GetUserResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.Item;
import io.millrace.proto.v1.MergeRequest;
import io.millrace.proto.v1.MergeResponse;
import io.millrace.proto.v1.PutResult;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import io.millrace.proto.v1.RetireRequest;
import io.millrace.proto.v1.RetireResponse;
import io.millrace.proto.v1.SetPreferencesRequest;
import io.millrace.proto.v1.SetPreferencesResponse;
import io.millrace.proto.v1.SimilarRequest;
import io.millrace.proto.v1.SimilarResponse;
import io.millrace.proto.v1.StartersRequest;
import io.millrace.proto.v1.StartersResponse;
import io.millrace.proto.v1.UserService;
import io.millrace.proto.v1.UserServicePowerApi;
import io.millrace.proto.v1.UserServicePowerApiHandlerFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.grpc.ServiceDescription;
import org.apache.pekko.grpc.Trailers;
import org.apache.pekko.grpc.internal.ServerReflectionImpl;
import org.apache.pekko.grpc.javadsl.Metadata;
import org.apache.pekko.grpc.javadsl.MetadataBuilder;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Function;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.PartialFunction;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * The methods of the contract on gRPC and gRPC-Web, with health and with reflection as v1 and
 * v1alpha.
 */
final class GrpcServices {
  private static final Logger log = LoggerFactory.getLogger(GrpcServices.class);
  private static final String REFLECTION_V1 = "grpc.reflection.v1.ServerReflection";
  private static final String REFLECTION_V1ALPHA = "grpc.reflection.v1alpha.ServerReflection";

  /** A header holds it: long enough for a hundred named problems. */
  private static final int MOST_MESSAGE = 6_000;

  /** Milliseconds that a client with a retry policy waits (gRFC A6). */
  private static final String PUSHBACK = "grpc-retry-pushback-ms";

  /** Requests whose body has no end that could be bounded. */
  private static final Set<String> STREAMED =
      Set.of(
          "/millrace.v1.EventService/Stream",
          "/millrace.v1.CatalogService/Put",
          "/" + REFLECTION_V1ALPHA + "/ServerReflectionInfo");

  private final Map<
          String,
          org.apache.pekko.japi.function.Function<HttpRequest, CompletionStage<HttpResponse>>>
      services = new HashMap<>();
  private final EdgeSettings settings;
  private final Endpoints endpoints;
  private final ActorSystem system;
  private final UnaryCalls unary;

  @SuppressWarnings("deprecation") // the generated handlers still take japi.Function
  GrpcServices(Endpoints endpoints, EdgeSettings settings, ClassicActorSystemProvider system) {
    this.settings = settings;
    this.endpoints = endpoints;
    this.system = system.classicSystem();
    this.unary = new UnaryCalls(endpoints, system);
    Function<ActorSystem, Function<Throwable, Trailers>> errors = any -> GrpcServices::trailers;
    services.put(
        FeedServicePowerApi.name,
        FeedServicePowerApiHandlerFactory.create(new Feed(endpoints.feeds()), errors, system));
    services.put(
        EventServicePowerApi.name,
        EventServicePowerApiHandlerFactory.create(new Events(endpoints.events()), errors, system));
    services.put(
        CatalogServicePowerApi.name,
        CatalogServicePowerApiHandlerFactory.create(
            new Catalog(endpoints.catalog()), errors, system));
    services.put(
        UserServicePowerApi.name,
        UserServicePowerApiHandlerFactory.create(new Users(endpoints.users()), errors, system));
    services.put(
        HealthPowerApi.name,
        HealthPowerApiHandlerFactory.create(new HealthCheck(endpoints), errors, system));
    services.put(REFLECTION_V1ALPHA, reflection(system));
  }

  /** As {@code ServerReflection.create} makes it, but with our table of errors. */
  private static org.apache.pekko.japi.function.Function<HttpRequest, CompletionStage<HttpResponse>>
      reflection(ClassicActorSystemProvider system) {
    List<ServiceDescription> described =
        List.of(
            FeedService.description,
            EventService.description,
            CatalogService.description,
            UserService.description,
            Health.description);
    PartialFunction<Throwable, Trailers> errors =
        new PFBuilder<Throwable, Trailers>().matchAny(GrpcServices::trailers).build();
    var handler =
        ServerReflectionHandler.apply(
            ServerReflectionImpl.apply(
                CollectionConverters.asScala(
                        described.stream().map(ServiceDescription::descriptor).toList())
                    .toSeq(),
                CollectionConverters.asScala(
                        described.stream().map(ServiceDescription::name).toList())
                    .toList()),
            any -> errors,
            system);
    return request ->
        FutureConverters.asJava(
                handler.apply((org.apache.pekko.http.scaladsl.model.HttpRequest) request))
            .thenApply(answer -> answer);
  }

  /** Whether the request speaks gRPC or gRPC-Web. */
  static boolean isGrpc(HttpRequest request) {
    return request.entity().getContentType().toString().startsWith("application/grpc");
  }

  CompletionStage<HttpResponse> handle(HttpRequest request) throws Exception {
    String path = request.getUri().getPathString();
    if (path.startsWith("/" + REFLECTION_V1 + "/")) {
      // The messages of v1 are those of v1alpha under another name.
      path = "/" + REFLECTION_V1ALPHA + path.substring(REFLECTION_V1.length() + 1);
      request = request.withUri(request.getUri().path(path));
    }
    CompletionStage<HttpResponse> atOnce = unary.answer(path, request);
    if (atOnce != null) {
      return atOnce;
    }
    int slash = path.indexOf('/', 1);
    var service = slash < 0 ? null : services.get(path.substring(1, slash));
    if (service == null) {
      request.discardEntityBytes(system);
      return CompletableFuture.completedStage(
          HttpResponse.create()
              .withEntity(HttpEntities.create(request.entity().getContentType(), new byte[0]))
              .addHeader(
                  RawHeader.create(
                      "grpc-status", String.valueOf(Status.Code.UNIMPLEMENTED.value())))
              .addHeader(RawHeader.create("grpc-message", "no such service")));
    }
    boolean single = !STREAMED.contains(path);
    AtomicBoolean isRead = new AtomicBoolean();
    HttpRequest whole = request;
    CompletionStage<HttpResponse> answer =
        service.apply(
            request
                // Never compressed: that would cost a tenth of a feed's CPU for 2 KB less of it.
                .removeHeader("grpc-accept-encoding")
                .withEntity(GrpcBody.guarded(request, settings.mostBodyBytes(), single, isRead)));
    // A body that nobody reads would hold its stream for as long as the connection lasts.
    return answer.whenComplete((response, failure) -> {
      boolean refused = failure != null || response.status().intValue() != 200;
      if (!isRead.get() && (single || refused)) {
        whole.discardEntityBytes(system);
      }
    });
  }

  static Trailers trailers(Throwable failure) {
    Refusal refusal = Trouble.of(failure);
    if (refusal.trouble() == Trouble.INTERNAL) {
      log.error("a gRPC call failed", failure);
    }
    String message = refusal.message();
    Status status =
        Status.fromCode(refusal.trouble().grpc())
            .withDescription(
                message.length() <= MOST_MESSAGE
                    ? message
                    : message.substring(0, MOST_MESSAGE) + "...");
    return refusal.retryAfterMs() == refusal.trouble().retryAfterMs()
        ? new Trailers(status)
        : new Trailers(
            status,
            new MetadataBuilder()
                .addText(PUSHBACK, String.valueOf(refusal.retryAfterMs()))
                .build());
  }

  private final class Feed implements FeedServicePowerApi {
    private final FeedEndpoint feeds;

    Feed(FeedEndpoint feeds) {
      this.feeds = feeds;
    }

    @Override
    public CompletionStage<GetFeedResponse> getFeed(GetFeedRequest in, Metadata metadata) {
      return feeds.getFeed(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<SimilarResponse> similar(SimilarRequest in, Metadata metadata) {
      return feeds.similar(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<GetFeedResponse> rank(RankRequest in, Metadata metadata) {
      return feeds.rank(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<StartersResponse> starters(StartersRequest in, Metadata metadata) {
      return feeds.starters(in, endpoints.budget(metadata));
    }
  }

  private final class Events implements EventServicePowerApi {
    private final EventEndpoint events;

    Events(EventEndpoint events) {
      this.events = events;
    }

    @Override
    public CompletionStage<RecordResponse> record(RecordRequest in, Metadata metadata) {
      return events.record(in, endpoints.budget(metadata));
    }

    @Override
    public Source<EventResult, NotUsed> stream(Source<Interaction, NotUsed> in, Metadata metadata) {
      Callers.Share share = endpoints.callers().of(metadata);
      return events.stream(share == null ? in : in.via(share.paced(system)));
    }
  }

  private final class Catalog implements CatalogServicePowerApi {
    private final CatalogEndpoint catalog;

    Catalog(CatalogEndpoint catalog) {
      this.catalog = catalog;
    }

    @Override
    public Source<PutResult, NotUsed> put(Source<Item, NotUsed> in, Metadata metadata) {
      return catalog.putAll(in);
    }

    @Override
    public CompletionStage<GetItemResponse> get(GetItemRequest in, Metadata metadata) {
      return catalog.get(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<RetireResponse> retire(RetireRequest in, Metadata metadata) {
      return catalog.retire(in, endpoints.budget(metadata));
    }
  }

  private final class Users implements UserServicePowerApi {
    private final UserEndpoint users;

    Users(UserEndpoint users) {
      this.users = users;
    }

    @Override
    public CompletionStage<GetUserResponse> get(GetUserRequest in, Metadata metadata) {
      return users.get(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<GetMapResponse> getMap(GetMapRequest in, Metadata metadata) {
      return users.map(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<SetPreferencesResponse> setPreferences(
        SetPreferencesRequest in, Metadata metadata) {
      return users.setPreferences(in, endpoints.budget(metadata));
    }

    @Override
    public CompletionStage<MergeResponse> merge(MergeRequest in, Metadata metadata) {
      return users.merge(in, endpoints.budget(metadata));
    }

    @Override
    public Source<ExportChunk, NotUsed> export(ExportRequest in, Metadata metadata) {
      return Source.completionStageSource(users.export(in, endpoints.budget(metadata)))
          .map(line -> ExportChunk.newBuilder().setJsonLines(ByteString.copyFromUtf8(line)).build())
          .mapMaterializedValue(done -> NotUsed.getInstance());
    }

    @Override
    public CompletionStage<ForgetResponse> forget(ForgetRequest in, Metadata metadata) {
      return users.forget(in, endpoints.budget(metadata));
    }
  }

  /** The standard health service: of the whole node ("") and of each service by its name. */
  private final class HealthCheck implements HealthPowerApi {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private final Endpoints endpoints;

    HealthCheck(Endpoints endpoints) {
      this.endpoints = endpoints;
    }

    @Override
    public CompletionStage<HealthCheckResponse> check(HealthCheckRequest in, Metadata metadata) {
      if (!in.getService().isEmpty() && !services.containsKey(in.getService())) {
        return CompletableFuture.failedStage(
            new Refusal(Trouble.NOT_FOUND, "service " + in.getService() + " is not known"));
      }
      return CompletableFuture.completedStage(now(in));
    }

    @Override
    public Source<HealthCheckResponse, NotUsed> watch(HealthCheckRequest in, Metadata metadata) {
      return Source.tick(Duration.ZERO, LOOK_EVERY, in)
          .map(this::now)
          .statefulMapConcat(() -> {
            ByteString[] last = {ByteString.EMPTY};
            return status -> {
              ByteString bytes = status.toByteString();
              boolean same = bytes.equals(last[0]) && !last[0].isEmpty();
              last[0] = bytes;
              return same ? List.of() : List.of(status);
            };
          })
          .mapMaterializedValue(tick -> NotUsed.getInstance());
    }

    private HealthCheckResponse now(HealthCheckRequest in) {
      ServingStatus status =
          !in.getService().isEmpty() && !services.containsKey(in.getService())
              ? ServingStatus.SERVICE_UNKNOWN
              : endpoints.ready() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      return HealthCheckResponse.newBuilder().setStatus(status).build();
    }
  }
}
