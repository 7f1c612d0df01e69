package io.millrace.edge;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.millrace.proto.v1.Interaction;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RemoteAddress;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Flow;
import org.jspecify.annotations.Nullable;

/**
 * What each caller may ask, as a rate of feeds and one of events (token buckets). A caller is whom
 * a proxy in front names in a header, else an address; of IPv6 its network of 64 bits, because that
 * is what one subscriber has. The longest quiet are forgotten first. Safe from any thread.
 */
final class Callers {
  /** Carries the name from the connection to the call; what a caller sends under it is dropped. */
  private static final String NAME = "millrace-caller-is";

  private static final int MOST_NAME = 128;

  /** Chosen: some MiB, and more than a proxy has clients. */
  private static final int MOST_CALLERS = 50_000;

  private static final Duration QUIET = Duration.ofMinutes(10);

  /**
   * Of {@code millrace.edge.callers}.
   *
   * @param byHeader empty: by address alone
   * @param eventsPerSecond 0: any number
   * @param feedsPerSecond 0: any number
   * @param burst as much at once as the rate gives in so long
   */
  record Limits(String byHeader, double eventsPerSecond, double feedsPerSecond, Duration burst) {
    static final Limits NONE = new Limits("", 0, 0, Duration.ofSeconds(1));

    boolean any() {
      return eventsPerSecond > 0 || feedsPerSecond > 0;
    }
  }

  private final Limits limits;
  private final LongSupplier nanoClock;
  private final Cache<String, Share> shares =
      Caffeine.newBuilder().maximumSize(MOST_CALLERS).expireAfterAccess(QUIET).build();

  Callers(Limits limits, LongSupplier nanoClock) {
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /** The request with its caller's name among its headers; the same request without limits. */
  HttpRequest named(HttpRequest request) {
    return limits.any()
        ? request.removeHeader(NAME).addHeader(RawHeader.create(NAME, name(request)))
        : request;
  }

  private String name(HttpRequest request) {
    if (!limits.byHeader().isEmpty()) {
      String given = request.getHeader(limits.byHeader()).map(HttpHeader::value).orElse("").strip();
      if (!given.isEmpty()) {
        return given.length() <= MOST_NAME ? given : given.substring(0, MOST_NAME);
      }
    }
    return request
        .getAttribute(AttributeKeys.remoteAddress)
        .flatMap(RemoteAddress::getAddress)
        .map(Callers::network)
        .orElse("unknown");
  }

  static String network(InetAddress address) {
    byte[] bytes = address.getAddress();
    return bytes.length == 4
        ? address.getHostAddress()
        : HexFormat.of().formatHex(Arrays.copyOf(bytes, 8)) + "/64";
  }

  /** What the caller of a named request may ask; null: anything. */
  @Nullable Share of(HttpRequest request) {
    return limits.any() ? of(request.getHeader(NAME).map(HttpHeader::value)) : null;
  }

  /** The same of a gRPC call. */
  @Nullable Share of(org.apache.pekko.grpc.javadsl.Metadata metadata) {
    return limits.any() ? of(metadata.getText(NAME)) : null;
  }

  private Share of(Optional<String> name) {
    return shares.get(name.orElse("unknown"), any -> new Share(nanoClock.getAsLong()));
  }

  /** How many are remembered. */
  long known() {
    return shares.estimatedSize();
  }

  /** One caller's buckets. Safe from any thread. */
  final class Share {
    private final @Nullable TokenBucket events; // guarded by this
    private final @Nullable TokenBucket feeds; // guarded by this

    private Share(long now) {
      events = bucket(limits.eventsPerSecond(), now);
      feeds = bucket(limits.feedsPerSecond(), now);
    }

    /** Takes a feed; why not, when it may not be. */
    @Nullable Refusal feed() {
      return take(feeds, 1, "feeds", limits.feedsPerSecond());
    }

    /** Takes a batch of events; why not, when it may not be. */
    @Nullable Refusal events(int count) {
      return take(events, count, "events", limits.eventsPerSecond());
    }

    /** Events of a stream one after the other, each when it may be: a stream waits for its turn. */
    Flow<Interaction, Interaction, NotUsed> paced(ActorSystem system) {
      return Flow.of(Interaction.class)
          .mapAsync(
              1,
              event -> {
                long wait = turn();
                CompletionStage<Interaction> now = CompletableFuture.completedStage(event);
                return wait == 0
                    ? now
                    : Patterns.after(
                        Duration.ofNanos(wait), system.scheduler(), system.dispatcher(), () -> now);
              });
    }

    /** Takes an event in any case; nanoseconds until it may be. */
    synchronized long turn() {
      long now = nanoClock.getAsLong();
      if (events == null || events.takeOnCredit(1, now)) {
        return 0;
      }
      long wait = events.nanosUntil(1, now);
      events.owe(1);
      return wait;
    }

    private synchronized @Nullable Refusal take(
        @Nullable TokenBucket bucket, int count, String what, double perSecond) {
      long now = nanoClock.getAsLong();
      if (bucket == null || bucket.takeOnCredit(count, now)) {
        return null;
      }
      long ms = 1 + bucket.nanosUntil(1, now) / 1_000_000;
      return Refusal.later(
          "more than %.0f %s a second, the caller's share".formatted(perSecond, what), (int) ms);
    }
  }

  private @Nullable TokenBucket bucket(double perSecond, long now) {
    double burst = Math.max(1, perSecond * limits.burst().toMillis() / 1_000);
    return perSecond <= 0 ? null : new TokenBucket(perSecond, burst, now);
  }
}
