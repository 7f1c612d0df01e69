package io.millrace.edge;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.millrace.feed.Feeds.FeedUnavailable;
import io.millrace.item.ItemActor;
import io.millrace.user.UserActor;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.grpc.internal.MissingParameterException;
import org.apache.pekko.http.scaladsl.model.EntityStreamException;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.http.scaladsl.model.http2.PeerClosedStreamException;
import org.apache.pekko.pattern.AskTimeoutException;

/**
 * The one table of errors: what each kind of trouble is on gRPC and on HTTP, and when to try again.
 * Every refusal and every fault that reaches a caller is one of these; what nobody foresaw is
 * INTERNAL and is never blamed on the caller.
 */
public enum Trouble {
  INVALID_ARGUMENT(Status.Code.INVALID_ARGUMENT, 400, 0),
  UNAUTHENTICATED(Status.Code.UNAUTHENTICATED, 401, 0),
  PERMISSION_DENIED(Status.Code.PERMISSION_DENIED, 403, 0),
  NOT_FOUND(Status.Code.NOT_FOUND, 404, 0),
  METHOD_NOT_ALLOWED(Status.Code.UNIMPLEMENTED, 405, 0),
  ABORTED(Status.Code.ABORTED, 409, 100),
  PAYLOAD_TOO_LARGE(Status.Code.INVALID_ARGUMENT, 413, 0),
  UNSUPPORTED_MEDIA_TYPE(Status.Code.INVALID_ARGUMENT, 415, 0),
  /** Too much at once, or the evidence lags too far: come back later, nothing was applied. */
  RESOURCE_EXHAUSTED(Status.Code.RESOURCE_EXHAUSTED, 429, 1_000),
  CANCELLED(Status.Code.CANCELLED, 499, 0),
  INTERNAL(Status.Code.INTERNAL, 500, 0),
  UNIMPLEMENTED(Status.Code.UNIMPLEMENTED, 501, 0),
  /** The store or a part of the cluster does not answer; repeating is always safe. */
  UNAVAILABLE(Status.Code.UNAVAILABLE, 503, 1_000),
  DEADLINE_EXCEEDED(Status.Code.DEADLINE_EXCEEDED, 504, 100);

  /** How Pekko HTTP 1.3 tells it: an exception without a name of its own. */
  private static final String CONNECTION_GONE =
      "The HTTP/2 connection was shut down while the request was still ongoing";

  private final Status.Code grpc;
  private final int http;
  private final int retryAfterMs;

  Trouble(Status.Code grpc, int http, int retryAfterMs) {
    this.grpc = grpc;
    this.http = http;
    this.retryAfterMs = retryAfterMs;
  }

  public Status.Code grpc() {
    return grpc;
  }

  public int http() {
    return http;
  }

  /** Milliseconds after which trying again makes sense; 0 when it does not. */
  public int retryAfterMs() {
    return retryAfterMs;
  }

  /** What a caller is told of a user's refusal. */
  public static Refusal of(UserActor.Rejected rejected) {
    Trouble trouble =
        switch (rejected.reason()) {
          case BUSY -> RESOURCE_EXHAUSTED;
          case STORE_UNAVAILABLE -> UNAVAILABLE;
          case TOO_LATE -> DEADLINE_EXCEEDED;
          case INVALID -> INVALID_ARGUMENT;
          case ABORTED -> ABORTED;
        };
    return new Refusal(trouble, rejected.detail());
  }

  static Refusal of(ItemActor.Rejected rejected) {
    Trouble trouble =
        switch (rejected.reason()) {
          case "BUSY" -> RESOURCE_EXHAUSTED;
          case "INVALID" -> INVALID_ARGUMENT;
          case "TOO_LATE" -> DEADLINE_EXCEEDED;
          default -> UNAVAILABLE;
        };
    return new Refusal(trouble, rejected.detail());
  }

  /** What a caller is told of any failure. */
  public static Refusal of(Throwable failure) {
    return switch (failure) {
      case Refusal refusal -> refusal;
      case CompletionException wrapper when wrapper.getCause() != null -> of(wrapper.getCause());
      case ExecutionException wrapper when wrapper.getCause() != null -> of(wrapper.getCause());
      case AskTimeoutException late ->
          new Refusal(DEADLINE_EXCEEDED, "no answer within the deadline; repeating is safe");
      case TimeoutException late ->
          new Refusal(DEADLINE_EXCEEDED, "no answer within the deadline; repeating is safe");
      case FeedUnavailable unavailable ->
          new Refusal(UNAVAILABLE, String.valueOf(unavailable.getMessage()));
      case EntityStreamSizeException tooLarge ->
          new Refusal(
              PAYLOAD_TOO_LARGE,
              "body is larger than allowed, expected at most " + tooLarge.limit() + " bytes");
      // A caller that went away before all was said; nobody reads this.
      case PeerClosedStreamException gone -> new Refusal(CANCELLED, "the stream was reset");
      case IllegalStateException gone when CONNECTION_GONE.equals(gone.getMessage()) ->
          new Refusal(CANCELLED, "the connection ended");
      case EntityStreamException broken ->
          new Refusal(INVALID_ARGUMENT, "body is broken: " + broken.getMessage());
      case MissingParameterException empty ->
          new Refusal(INVALID_ARGUMENT, "body holds no message");
      // How a frame that cannot be decoded is told.
      case StatusException frame ->
          new Refusal(INVALID_ARGUMENT, String.valueOf(frame.getStatus().getDescription()));
      case InvalidProtocolBufferException broken ->
          new Refusal(INVALID_ARGUMENT, "message is not valid: " + broken.getMessage());
      // What the generated handlers say of a method that their service does not have.
      case UnsupportedOperationException unknown
          when String.valueOf(unknown.getMessage()).startsWith("Not implemented: ") ->
          new Refusal(UNIMPLEMENTED, "no such method");
      case StatusRuntimeException grpc ->
          new Refusal(
              of(grpc.getStatus().getCode()), String.valueOf(grpc.getStatus().getDescription()));
      default -> new Refusal(INTERNAL, "an unexpected fault; the node's log has it", failure);
    };
  }

  private static Trouble of(Status.Code code) {
    for (Trouble trouble : values()) {
      if (trouble.grpc == code) {
        return trouble;
      }
    }
    return INTERNAL;
  }
}
