package io.millrace.edge;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.millrace.proto.v1.EventService;
import io.millrace.proto.v1.FeedService;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.grpc.GrpcProtocol.GrpcProtocolWriter;
import org.apache.pekko.grpc.ProtobufSerializer;
import org.apache.pekko.grpc.Trailers;
import org.apache.pekko.grpc.javadsl.GrpcExceptionHandler;
import org.apache.pekko.grpc.javadsl.GrpcMarshalling;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * The methods that are called most, for native gRPC whose one uncompressed message is at hand
 * already: read, asked and answered where it arrived. The generated handlers make a stream with an
 * actor of its own for each call, which costs more than many a call itself. Any other request is
 * theirs.
 *
 * <p>Immutable; safe from any thread.
 */
final class UnaryCalls {

  private static final Set<String> NATIVE = Set.of("application/grpc", "application/grpc+proto");

  private final Map<String, Method<?, ?>> methods;
  private final Endpoints endpoints;
  private final ClassicActorSystemProvider system;

  @SuppressWarnings("deprecation") // Pekko gRPC still takes japi.Function
  private final org.apache.pekko.japi.Function<
          ActorSystem, org.apache.pekko.japi.Function<Throwable, Trailers>>
      errors = any -> GrpcServices::trailers;

  private final GrpcProtocolWriter writer;

  private record Method<I extends MessageLite, O extends MessageLite>(
      Parser<I> in, ProtobufSerializer<O> out, BiFunction<I, Budget, CompletionStage<O>> ask) {}

  UnaryCalls(Endpoints endpoints, ClassicActorSystemProvider system) {
    this.methods =
        Map.of(
            "/millrace.v1.FeedService/GetFeed",
            new Method<>(
                GetFeedRequest.parser(),
                FeedService.Serializers.GetFeedResponseSerializer,
                endpoints.feeds()::getFeed),
            "/millrace.v1.FeedService/Rank",
            new Method<>(
                RankRequest.parser(),
                FeedService.Serializers.GetFeedResponseSerializer,
                endpoints.feeds()::rank),
            "/millrace.v1.EventService/Record",
            new Method<>(
                RecordRequest.parser(),
                EventService.Serializers.RecordResponseSerializer,
                endpoints.events()::record));
    this.endpoints = endpoints;
    this.system = system;
    HttpRequest plain =
        HttpRequest.create()
            .withEntity(
                HttpEntities.create(ContentTypes.parse("application/grpc+proto"), new byte[0]));
    this.writer =
        GrpcMarshalling.<GrpcProtocolWriter>negotiated(
                plain, (reader, answers) -> CompletableFuture.completedStage(answers))
            .orElseThrow()
            .toCompletableFuture()
            .join();
  }

  /** The answer; null when the request is not one of these. */
  @Nullable CompletionStage<HttpResponse> answer(String path, HttpRequest request) {
    Method<?, ?> method = methods.get(path);
    if (method == null
        || !(request.entity() instanceof HttpEntity.Strict body)
        || !NATIVE.contains(body.getContentType().mediaType().toString())) {
      return null;
    }
    ByteString frame = body.getData();
    return FrameGuard.isOnePlain(frame, endpoints.settings().mostBodyBytes())
        ? call(method, frame, request)
        : null;
  }

  private <I extends MessageLite, O extends MessageLite> CompletionStage<HttpResponse> call(
      Method<I, O> method, ByteString frame, HttpRequest request) {
    CompletionStage<O> asked;
    try {
      byte[] bytes = frame.toArrayUnsafe();
      I question =
          method.in().parseFrom(bytes, FrameGuard.HEADER, bytes.length - FrameGuard.HEADER);
      asked = method.ask().apply(question, endpoints.budget(request));
    } catch (InvalidProtocolBufferException | RuntimeException failure) {
      asked = CompletableFuture.failedStage(failure);
    }
    return asked.handle((answer, failure) ->
        failure == null
            ? GrpcMarshalling.marshal(answer, method.out(), writer, system, errors)
            : GrpcExceptionHandler.standard(failure, errors, writer, system));
  }
}
