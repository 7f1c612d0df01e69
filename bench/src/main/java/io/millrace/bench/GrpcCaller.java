package io.millrace.bench;

import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.millrace.proto.v1.EventResult;
import io.millrace.proto.v1.GetFeedRequest;
import io.millrace.proto.v1.GetFeedResponse;
import io.millrace.proto.v1.GetItemRequest;
import io.millrace.proto.v1.GetItemResponse;
import io.millrace.proto.v1.GetUserRequest;
import io.millrace.proto.v1.GetUserResponse;
import io.millrace.proto.v1.Interaction;
import io.millrace.proto.v1.RankRequest;
import io.millrace.proto.v1.RecordRequest;
import io.millrace.proto.v1.RecordResponse;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The public gRPC methods of a node, as any client calls them: grpc-java over h2c, two connections,
 * answers completed on the network threads. Every call has a deadline of ten seconds.
 */
final class GrpcCaller implements AutoCloseable {

  private static final MethodDescriptor<GetFeedRequest, GetFeedResponse> FEED =
      unary(
          "FeedService/GetFeed",
          GetFeedRequest.getDefaultInstance(),
          GetFeedResponse.getDefaultInstance());
  private static final MethodDescriptor<RankRequest, GetFeedResponse> RANK =
      unary(
          "FeedService/Rank",
          RankRequest.getDefaultInstance(),
          GetFeedResponse.getDefaultInstance());
  private static final MethodDescriptor<RecordRequest, RecordResponse> RECORD =
      unary(
          "EventService/Record",
          RecordRequest.getDefaultInstance(),
          RecordResponse.getDefaultInstance());
  private static final MethodDescriptor<GetUserRequest, GetUserResponse> USER =
      unary(
          "UserService/Get",
          GetUserRequest.getDefaultInstance(),
          GetUserResponse.getDefaultInstance());
  private static final MethodDescriptor<GetItemRequest, GetItemResponse> ITEM =
      unary(
          "CatalogService/Get",
          GetItemRequest.getDefaultInstance(),
          GetItemResponse.getDefaultInstance());

  private static final MethodDescriptor<Interaction, EventResult> STREAM =
      method(
          MethodDescriptor.MethodType.BIDI_STREAMING,
          "EventService/Stream",
          Interaction.getDefaultInstance(),
          EventResult.getDefaultInstance());

  private final ManagedChannel[] channels = new ManagedChannel[2];
  private int next;

  GrpcCaller(String host, int port) {
    for (int i = 0; i < channels.length; i++) {
      channels[i] =
          NettyChannelBuilder.forAddress(host, port).usePlaintext().directExecutor().build();
    }
  }

  CompletableFuture<GetFeedResponse> feed(GetFeedRequest request) {
    return call(FEED, request);
  }

  CompletableFuture<GetFeedResponse> rank(RankRequest request) {
    return call(RANK, request);
  }

  CompletableFuture<RecordResponse> record(RecordRequest request) {
    return call(RECORD, request);
  }

  CompletableFuture<GetUserResponse> user(GetUserRequest request) {
    return call(USER, request);
  }

  CompletableFuture<GetItemResponse> item(GetItemRequest request) {
    return call(ITEM, request);
  }

  private <Q extends Message, A extends Message> CompletableFuture<A> call(
      MethodDescriptor<Q, A> method, Q request) {
    CompletableFuture<A> answer = new CompletableFuture<>();
    ClientCall<Q, A> call =
        channels[next++ & 1].newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<A>() {
          private @Nullable A message;

          @Override
          public void onMessage(A arrived) {
            message = arrived;
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (status.isOk() && message != null) {
              answer.complete(message);
            } else {
              answer.completeExceptionally(status.asRuntimeException());
            }
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
    return answer;
  }

  /** A stream of events, each with an answer of its own; open until the caller is closed. */
  EventStream stream() {
    return new EventStream(channels[next++ & 1].newCall(STREAM, CallOptions.DEFAULT));
  }

  /** Events are told apart by their ids. Any thread. */
  static final class EventStream {
    private final ClientCall<Interaction, EventResult> call;
    private final Map<String, CompletableFuture<EventResult>> waiting = new ConcurrentHashMap<>();

    private EventStream(ClientCall<Interaction, EventResult> call) {
      this.call = call;
      call.start(
          new ClientCall.Listener<EventResult>() {
            @Override
            public void onMessage(EventResult arrived) {
              CompletableFuture<EventResult> one = waiting.remove(arrived.getEventId());
              if (one != null) {
                one.complete(arrived);
              }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              waiting
                  .values()
                  .forEach(one -> one.completeExceptionally(status.asRuntimeException()));
            }
          },
          new Metadata());
      call.request(Integer.MAX_VALUE);
    }

    synchronized CompletableFuture<EventResult> send(Interaction event) {
      CompletableFuture<EventResult> answer = new CompletableFuture<>();
      waiting.put(event.getEventId(), answer);
      call.sendMessage(event);
      return answer;
    }
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> unary(
      String name, Q question, A answer) {
    return method(MethodDescriptor.MethodType.UNARY, name, question, answer);
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
      MethodDescriptor.MethodType type, String name, Q question, A answer) {
    return MethodDescriptor.<Q, A>newBuilder()
        .setType(type)
        .setFullMethodName("millrace.v1." + name)
        .setRequestMarshaller(ProtoUtils.marshaller(question))
        .setResponseMarshaller(ProtoUtils.marshaller(answer))
        .build();
  }

  @Override
  public void close() {
    for (ManagedChannel channel : channels) {
      channel.shutdownNow();
    }
  }
}
