package io.millrace.edge;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * The body of a gRPC or gRPC-Web request made safe for the library that reads it: whole frames,
 * inflated within bounds, base64 that is base64. What is none of that becomes a body that fails
 * with a {@link Refusal}, which the caller is told in the protocol they speak.
 */
final class GrpcBody {
  /** A caller that sends a byte a second would else hold its stream for hours; as for JSON. */
  static final Duration SINGLE_WITHIN = Duration.ofSeconds(20);

  private static final Attributes NOT_LOGGED =
      Attributes.createLogLevels(
          Attributes.logLevelOff(), Attributes.logLevelOff(), Attributes.logLevelOff());

  private GrpcBody() {}

  /**
   * Guards the body of one request.
   *
   * @param mostBytes of one message
   * @param single whether the method takes one message
   * @param isRead set when somebody begins to read it
   */
  static RequestEntity guarded(
      HttpRequest request, int mostBytes, boolean single, AtomicBoolean isRead) {
    RequestEntity entity = request.entity();
    ContentType type = entity.getContentType();
    boolean gzip =
        request.getHeader("grpc-encoding").map(HttpHeader::value).orElse("").equals("gzip");
    boolean text = type.toString().startsWith("application/grpc-web-text");
    if (entity instanceof HttpEntity.Strict strict) {
      try {
        ByteString body =
            text
                ? checkedText(strict.getData(), mostBytes, single, gzip)
                : FrameGuard.whole(strict.getData(), mostBytes, single, gzip);
        return HttpEntities.create(type, body);
      } catch (Refusal refused) {
        return HttpEntities.create(type, Source.<ByteString>failed(refused));
      }
    }
    Source<ByteString, Object> bytes =
        text
            ? entity
                .withSizeLimit(mostBytes)
                .getDataBytes()
                .fold(ByteString.emptyByteString(), ByteString::concat)
                .via(checkedTexts(mostBytes, single, gzip))
            : entity
                .withoutSizeLimit()
                .getDataBytes()
                .via(new ReadToEnd())
                .via(FrameGuard.of(mostBytes, single, gzip));
    return HttpEntities.create(
        type,
        (single || text ? bytes.completionTimeout(SINGLE_WITHIN) : bytes)
            .mapMaterializedValue(begun -> {
              isRead.set(true);
              return begun;
            }));
  }

  private static Flow<ByteString, ByteString, NotUsed> checkedTexts(
      int mostBytes, boolean single, boolean gzip) {
    return Flow.of(ByteString.class)
        .map(text -> checkedText(text, mostBytes, single, gzip))
        .withAttributes(NOT_LOGGED);
  }

  private static ByteString checkedText(
      ByteString text, int mostBytes, boolean single, boolean gzip) {
    if (text.size() > mostBytes) {
      throw Refusal.invalid("body is " + text.size() + " bytes, expected at most " + mostBytes);
    }
    ByteString frames = FrameGuard.whole(decoded(text), mostBytes, single, gzip);
    return ByteString.fromArrayUnsafe(Base64.getEncoder().encode(frames.toArrayUnsafe()));
  }

  /** Clients may send pieces that are padded each. */
  private static ByteString decoded(ByteString text) {
    String all = text.decodeString(StandardCharsets.ISO_8859_1);
    ByteString decoded = ByteString.emptyByteString();
    int from = 0;
    try {
      while (from < all.length()) {
        int padding = all.indexOf('=', from);
        int to = padding < 0 ? all.length() : Math.min(all.length(), (padding / 4 + 1) * 4);
        byte[] piece = Base64.getDecoder().decode(all.substring(from, to));
        decoded = decoded.concat(ByteString.fromArrayUnsafe(piece));
        from = to;
      }
      return decoded;
    } catch (IllegalArgumentException broken) {
      throw Refusal.invalid("body is not base64: " + broken.getMessage());
    }
  }
}
